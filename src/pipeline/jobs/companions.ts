import { createHash } from 'node:crypto';
import { copyFile, link, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sync } from '../../files/sync';
import { publishFile } from './publishFile';
import { outputExists } from './outputTarget';

/** A file that belongs to an output and gets its name together with it. */
export interface Companion {
  /** Name in the work folder. */
  readonly file: string;
  /** Where it goes: beside the output. */
  readonly path: string;
}

/** Notes the companions while they have their names and the output does not. */
const NOTE = 'companions.json';

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Errors: OUTPUT_EXISTS. Files that an interrupted job has left are no reason: the next one deletes them. */
export async function checkCompanions(folder: string, paths: readonly string[], overwrite: boolean): Promise<void> {
  if (overwrite || (await exists(join(folder, NOTE)))) return;
  for (const path of paths) if (await exists(path)) throw outputExists(path);
}

/**
 * Gives companions their names, and then calls `publish` for the output: one without them never appears. If it fails,
 * everything is as before.
 */
export async function publishWith<T>(
  folder: string,
  companions: readonly Companion[],
  overwrite: boolean,
  publish: () => Promise<T>,
): Promise<T> {
  if (companions.length === 0) return publish();
  await writeNote(folder, companions);
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const { file, path } of companions) {
      const old = join(folder, `old.${file}`);
      const isKept = overwrite && (await keepCopy(path, old));
      await publishFile(join(folder, file), path, { overwrite });
      undo.push(() => (isKept ? rename(old, path) : rm(path, { force: true })));
    }
    return await publish();
  } catch (error) {
    for (const one of undo) await one();
    throw error;
  } finally {
    await rm(join(folder, NOTE), { force: true });
  }
}

/** False: there is no file. */
async function keepCopy(path: string, copy: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  await rm(copy, { force: true });
  await link(path, copy).catch(() => copyFile(path, copy)); // not every file system has links
  return true;
}

interface Noted {
  readonly name: string;
  readonly sha256: string;
}

async function writeNote(folder: string, companions: readonly Companion[]): Promise<void> {
  const noted: Noted[] = [];
  for (const { file, path } of companions)
    noted.push({ name: basename(path), sha256: await hashOf(join(folder, file)) });
  const note = join(folder, NOTE);
  await writeFile(`${note}.new`, JSON.stringify(noted), { flush: true });
  await rename(`${note}.new`, note);
  await sync(folder).catch(() => {}); // not supported by every file system
}

/** Deletes the companions that a killed job has published without the output `target`. */
export async function removeCompanions(folder: string, target: string): Promise<void> {
  const note = join(folder, NOTE);
  const text = await readFile(note, 'utf8').catch(() => null);
  if (text === null) return;
  if (!(await exists(target)))
    for (const { name, sha256 } of JSON.parse(text) as readonly Noted[]) {
      const path = join(dirname(target), basename(name));
      const found = await hashOf(path).catch(() => null);
      if (found === sha256 || found === EMPTY) await rm(path, { force: true }); // of another program is what has other content
    }
  await rm(note, { force: true });
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hashOf = async (path: string): Promise<string> => sha256Of(await readFile(path));
/** On a file system without links, an empty file takes the name first. */
const EMPTY = sha256Of(new Uint8Array());
