import { existsSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { closest, type ErrorRecord, errorRecord, RemasterError } from '../../errors';
import { bundleSize } from './bundle';
import { type Manifest } from './manifest';
import { MANIFEST_FILE, readManifest } from './parseManifest';

/** One bundle as `remaster models` and the editor list it. */
export interface ModelSummary {
  readonly name: string;
  readonly path: string;
  readonly title: string;
  readonly system: string;
  readonly task: string;
  readonly scale: number;
  /** Network calls per frame unless asked otherwise. */
  readonly steps: number;
  readonly licence: string;
  readonly bytes: number;
  /** Why it cannot be used; null when it can. */
  readonly problem: ErrorRecord | null;
}

/**
 * Every bundle that a name can mean, by name, the first found of equal ones. Files are looked for but not read, so
 * that listing is quick: a damaged one is found when the model is opened.
 */
export async function listModels(folders: readonly string[] = []): Promise<readonly ModelSummary[]> {
  const summaries = new Map<string, ModelSummary>();
  for (const folder of searchPath(folders)) {
    for (const name of await bundlesIn(folder)) {
      if (!summaries.has(name)) summaries.set(name, await summary(name, join(folder, name)));
    }
  }
  return [...summaries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder that `model` means: a path is taken as it is, a name is looked for in the search path. */
export function findBundle(model: string, folders: readonly string[] = []): string {
  if (isPath(model)) return resolve(model);
  const places = searchPath(folders);
  const found = places.map((folder) => join(folder, model)).find((folder) => existsSync(join(folder, MANIFEST_FILE)));
  if (found !== undefined) return found;
  const near = closest(
    model,
    places.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []).filter(isBundleIn(folder))),
  );
  throw new RemasterError('MODEL_NOT_FOUND', `The model “${model}” was not found in ${places.join(' or ')}.`, {
    remedy: `${near === null ? '' : `Did you mean ${near}? `}\`remaster models\` lists all; the path of a bundle’s folder works, too.`,
  });
}

/** Anything with a slash, like in a shell; `x4` is a name even when the working folder has such a folder. */
const isPath = (model: string): boolean => isAbsolute(model) || model.includes('/') || model.includes(sep);

/** Given folders first, then those of REMASTER_MODELS, then the package's own. */
export function searchPath(folders: readonly string[]): readonly string[] {
  const environment = (process.env['REMASTER_MODELS'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, ...environment].map((folder) => resolve(folder)).concat(packagedModels()))];
}

/** `models/` beside the package.json above this file, wherever the build put it. */
export function packagedModels(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return join(folder, 'models');
}

async function bundlesIn(folder: string): Promise<readonly string[]> {
  // A folder that is not there holds no bundles; who asks for one of them by name is told where was looked.
  const entries = await readdir(folder).catch(() => []);
  return entries.filter(isBundleIn(folder));
}

const isBundleIn =
  (folder: string) =>
  (name: string): boolean =>
    existsSync(join(folder, name, MANIFEST_FILE));

async function summary(name: string, path: string): Promise<ModelSummary> {
  const unknown = { name, path, title: name, system: '', task: '', scale: 0, steps: 0, licence: '', bytes: 0 };
  try {
    const { manifest } = await readManifest(path);
    const known = { ...unknown, ...described(manifest) };
    try {
      return { ...known, bytes: await bundleSize(path, manifest), problem: null };
    } catch (error) {
      return { ...known, problem: errorRecord(error) };
    }
  } catch (error) {
    return { ...unknown, problem: errorRecord(error) };
  }
}

const described = ({ title, system, task, scale, defaultSteps, licence }: Manifest) => ({
  title,
  system,
  task,
  scale,
  steps: defaultSteps,
  licence: licence.name,
});
