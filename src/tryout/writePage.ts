import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trial } from './trial';

const RESOURCES = join(__dirname, '..', '..', '..', 'resources'); // above dist/src/tryout

/** Files that the page loads unchanged, and their folders. */
const FILES = [
  ['', 'tokens.css'],
  ['compare', 'compare.css'],
  ['try', 'try.css'],
  ['try', 'index.html'],
] as const;

/** The modules of the page, each behind those that it imports. */
const MODULES = [
  ...['dom', 'strings', 'zoom', 'slider', 'syncedVideos', 'player'].map((name) => ['compare', `${name}.js`]),
  ...['words', 'choice', 'placeView', 'try'].map((name) => ['try', `${name}.js`]),
];

/** What the page shows before the trial is ready: how far it is, or why there is none. */
export type PendingTrial =
  | { readonly running: { readonly done: number; readonly of: number; readonly what: string } }
  | { readonly failed: string };

/** Writes the page. It works from the file system too, where browsers load neither modules nor data by a request. */
export async function writePage(folder: string): Promise<void> {
  for (const [from, name] of FILES) await copyFile(join(RESOURCES, from, name), join(folder, name));
  const modules = await Promise.all(MODULES.map(async (path) => readFile(join(RESOURCES, ...path), 'utf8')));
  await writeFile(join(folder, 'page.js'), `'use strict';\n(() => {\n${modules.map(asScript).join('\n')}})();\n`);
}

/** A module without its imports and exports: all share one scope. */
const asScript = (module: string): string => module.replace(/^import [^;]*;\n/gm, '').replace(/^export /gm, '');

/** Writes what the page shows. Closing tags cannot occur in it: it is a file of its own. */
export const writeTrial = (folder: string, trial: Trial | PendingTrial): Promise<void> =>
  writeFile(join(folder, 'trial.js'), `window.remasterTrial = ${JSON.stringify(trial)};\n`);
