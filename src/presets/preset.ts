import { readdirSync, readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { closest, RemasterError } from '../errors';
import { parseCrop } from '../settings/crop';
import { presetDefect, PRESET_NAME } from './presetSchema';
import type { PresetSettings } from './presetRows';

/** Settings for one kind of source, under a name. Plain JSON. */
export interface Preset {
  readonly format: 1;
  readonly name: string;
  readonly title?: string;
  readonly about?: string;
  readonly settings: PresetSettings;
}

const DOCS = 'https://github.com/remaster-video/node-red-video/blob/main/docs/presets.md';

/** Bytes of the largest file of a preset. */
export const MAX_PRESET = 65_536;

/** The presets of the package. */
const FOLDER = join(__dirname, '..', '..', '..', 'presets'); // above dist/src/presets

/** The presets of the package, by name. */
export const builtInPresets = (): readonly Preset[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => parsePreset(readFileSync(join(FOLDER, name), 'utf8'), name));

/** Errors: BAD_SETTING. */
export function builtInPreset(name: string): Preset {
  const all = builtInPresets();
  return all.find((preset) => preset.name === name) ?? unknownPreset(name, all);
}

function unknownPreset(name: string, known: readonly Preset[]): never {
  const near = closest(name, known.map((preset) => preset.name)); // prettier-ignore
  throw new RemasterError('BAD_SETTING', `There is no preset ${JSON.stringify(name.slice(0, 100))}.`, {
    remedy: `${near === null ? '' : `Did you mean ${near}? `}Presets: ${known.map((preset) => preset.name).join(', ')}; or give a .json file.`,
  });
}

/** A preset of the package, or of a file: a name that ends in .json or has a slash. Errors: BAD_SETTING. */
export async function findPreset(nameOrFile: string): Promise<Preset> {
  if (!/\.json$|[\\/]/i.test(nameOrFile)) return builtInPreset(nameOrFile);
  const size = await stat(nameOrFile).then(({ size: bytes }) => bytes, notReadable(nameOrFile));
  if (size > MAX_PRESET) throw invalid(nameOrFile, `is larger than ${MAX_PRESET / 1024} KiB`);
  return parsePreset(await readFile(nameOrFile, 'utf8').catch(notReadable(nameOrFile)), nameOrFile);
}

const notReadable =
  (path: string) =>
  (cause: unknown): never => {
    throw new RemasterError('BAD_SETTING', `The preset ${path} cannot be read.`, { remedy: 'Check the path.', cause });
  };

/** `source`: its file, for messages. Errors: BAD_SETTING. */
export function parsePreset(text: string, source: string): Preset {
  if (text.length > MAX_PRESET) throw invalid(source, `is larger than ${MAX_PRESET / 1024} KiB`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, `is not JSON (${(cause as Error).message})`);
  }
  return checkPreset(value, source);
}

/** Checks a preset from anywhere, and copies it. Errors: BAD_SETTING. */
export function checkPreset(value: unknown, source = 'from the message'): Preset {
  const defect = presetDefect(value);
  if (defect !== null) throw invalid(source, defect);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked
  const { format, name, title, about, settings } = value as Preset;
  if (typeof settings.crop === 'string') parseCrop(settings.crop);
  return {
    format,
    name,
    ...(title !== undefined && { title }),
    ...(about !== undefined && { about }),
    settings: { ...settings },
  };
}

export const isPresetName = (name: string): boolean => new RegExp(PRESET_NAME).test(name);

const invalid = (source: string, what: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The preset ${source.slice(0, 200)} ${what}.`, {
    remedy: `Correct it; ${DOCS} describes presets, and \`remaster presets show NAME\` prints one.`,
  });
