import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { RemasterError } from '../../src/errors';
import {
  builtInPreset,
  builtInPresets,
  checkPreset,
  isPresetName,
  MAX_PRESET,
  parsePreset,
  type Preset,
} from '../../src/presets/preset';
import { AUTO, canBeChosen, type ChosenModel } from '../../src/settings/chooseModel';
import { show } from '../../src/settings/showValue';

/** Presets of the user: so many files at most, as each is read to list them. */
const MOST = 200;

type Settings = Pick<NodeAPI, 'settings'>;

/** The folder of the user's own presets. */
const folderOf = ({ settings }: Settings): string => join(settings.userDir ?? '.', 'remaster-presets');
const fileOf = (RED: Settings, name: string): string => join(folderOf(RED), `${name}.json`);

/** The presets of the package and those of the user; of these, files that are no presets are left out. */
export async function listPresets(RED: Settings): Promise<readonly (Preset & { readonly isBuiltIn: boolean })[]> {
  const own: Preset[] = [];
  for (const name of await namesOf(RED)) {
    const preset = await readPreset(RED, name).catch(() => null); // its user sees the reason where it is chosen
    if (preset) own.push(preset);
  }
  const mark = (isBuiltIn: boolean) => (preset: Preset) => ({ ...preset, isBuiltIn });
  return [...builtInPresets().map(mark(true)), ...own.map(mark(false))];
}

async function namesOf(RED: Settings): Promise<readonly string[]> {
  const files = await readdir(folderOf(RED)).catch(() => []);
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
  return names.filter(isPresetName).toSorted().slice(0, MOST);
}

/** The preset of a node or a message: by its name, or itself. Errors: BAD_SETTING. */
export async function presetFor(RED: Settings, wish: unknown): Promise<Preset | null> {
  if (wish === undefined || wish === null || wish === '') return null;
  if (typeof wish !== 'string') return checkPreset(wish);
  return isBuiltIn(wish) || !(await namesOf(RED)).includes(wish) ? builtInPreset(wish) : readPreset(RED, wish);
}

const isBuiltIn = (name: string): boolean => builtInPresets().some((preset) => preset.name === name);

async function readPreset(RED: Settings, name: string): Promise<Preset> {
  const path = fileOf(RED, name);
  if ((await stat(path)).size > MAX_PRESET) throw tooLarge(name);
  const preset = parsePreset(await readFile(path, 'utf8'), path);
  return { ...preset, name };
}

/** Adds or replaces a preset of the user. Errors: BAD_SETTING. */
export async function savePreset(RED: Settings, value: unknown): Promise<Preset> {
  const preset = checkPreset(value, 'of the editor');
  const text = `${JSON.stringify(preset, null, 2)}\n`;
  if (text.length > MAX_PRESET) throw tooLarge(preset.name);
  if (isBuiltIn(preset.name)) throw builtIn(preset.name);
  const names = await namesOf(RED);
  if (names.length >= MOST && !names.includes(preset.name))
    throw new RemasterError('BAD_SETTING', `There are ${MOST} presets already.`, { remedy: 'Delete one first.' });
  await mkdir(folderOf(RED), { recursive: true });
  const part = join(folderOf(RED), `.${randomUUID()}.part`);
  try {
    await writeFile(part, text, { flag: 'wx' });
    await rename(part, fileOf(RED, preset.name));
  } finally {
    await rm(part, { force: true });
  }
  return preset;
}

/** Deletes a preset of the user. Errors: BAD_SETTING. */
export async function deletePreset(RED: Settings, name: string): Promise<void> {
  if (isBuiltIn(name)) throw builtIn(name);
  if (!(await namesOf(RED)).includes(name)) builtInPreset(name); // says that there is none
  await rm(fileOf(RED, name));
}

const builtIn = (name: string): RemasterError =>
  new RemasterError('BAD_SETTING', `${show(name)} is a preset of the package.`, {
    remedy: 'Save yours under another name.',
  });

const tooLarge = (name: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The preset ${show(name)} is larger than ${MAX_PRESET / 1024} KiB.`, {
    remedy: 'Presets hold settings only.',
  });

/** The model that a preset names; null: none. Of a bundle of the user, the model node has to say the name: a message may not load any bundle. */
export function modelOfPreset({ name, settings: { model } }: Preset): ChosenModel | null {
  if (model === undefined || model === AUTO) return null;
  if (canBeChosen(model)) return { model, reason: `the preset ${name} says so` };
  throw new RemasterError('BAD_SETTING', `The preset ${name} names the model ${model}, which is not of the package.`, {
    remedy: 'Choose it in the upscale model node.',
  });
}
