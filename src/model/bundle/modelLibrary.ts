import { existsSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { closest, type ErrorRecord, errorRecord, RemasterError } from '../../errors';
import { type Manifest } from './manifest';
import { MANIFEST_FILE, readManifest } from './parseManifest';
import { bundleSize } from './verifyChecksums';

/** An entry of the model list in `remaster models` and the editor. */
export interface ModelSummary {
  readonly name: string;
  readonly path: string;
  readonly title: string;
  readonly system: string;
  readonly task: string;
  readonly scale: number;
  /** Default number of sampling steps (network calls) per frame. */
  readonly steps: number;
  readonly licence: string;
  readonly bytes: number;
  /** A proof of concept: not meant for use. */
  readonly isResearch: boolean;
  /** Doubts about the origin of its weights, in sentences. */
  readonly notes: readonly string[];
  /** MODEL_SUSPECT when the result of a test image looks wrong; null when it does not, or when it is not known. */
  readonly suspect: ErrorRecord | null;
  /** Why the bundle cannot be used; null when it is valid. */
  readonly problem: ErrorRecord | null;
}

/**
 * Lists all bundles in the search path: ours by how often they are of use, then others by name, research last. The first
 * of equal names wins. To be quick, it checks only that
 * files exist; hashes are verified when a model is opened.
 */
export async function listModels(folders: readonly string[] = []): Promise<readonly ModelSummary[]> {
  const summaries = new Map<string, ModelSummary>();
  for (const folder of searchPath(folders)) {
    for (const name of await bundlesIn(folder)) {
      if (!summaries.has(name)) summaries.set(name, await summary(name, join(folder, name)));
    }
  }
  return [...summaries.values()].toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

const FIRST = ['x2', 'restore', 'x4', 'x4-live', 'inpaint'];

function rank({ name, isResearch }: ModelSummary): number {
  if (isResearch) return FIRST.length + 1;
  const place = FIRST.indexOf(name);
  return place < 0 ? FIRST.length : place;
}

/** Names of the bundles that can be used. */
export const usableModels = async (): Promise<readonly string[]> =>
  (await listModels()).filter(({ problem }) => problem === null).map(({ name }) => name);

/** Resolves the folder of a model: a path is used unchanged, a name is searched for. Throws MODEL_NOT_FOUND. */
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

/** Anything with a slash is a path, as in a shell; `x4` is a name even if the working folder contains a folder `x4`. */
const isPath = (model: string): boolean => isAbsolute(model) || model.includes('/') || model.includes(sep);

/** The given folders, then those in REMASTER_MODELS, then the package's own. */
function searchPath(folders: readonly string[]): readonly string[] {
  const environment = (process.env['REMASTER_MODELS'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, ...environment].map((folder) => resolve(folder)).concat(packagedModels()))];
}

/** `models/` next to the package.json above this file. */
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
  // A missing folder contains no bundles; MODEL_NOT_FOUND lists the searched folders.
  const entries = await readdir(folder).catch(() => []);
  return entries.filter(isBundleIn(folder));
}

const isBundleIn =
  (folder: string) =>
  (name: string): boolean =>
    existsSync(join(folder, name, MANIFEST_FILE));

async function summary(name: string, path: string): Promise<ModelSummary> {
  const unknown = {
    name,
    path,
    title: name,
    system: '',
    task: '',
    scale: 0,
    steps: 0,
    licence: '',
    bytes: 0,
    isResearch: false,
    notes: [],
    suspect: null,
  };
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

const described = ({ title, system, task, scale, defaultSteps, licence, research = false, notes = [] }: Manifest) => ({
  title,
  system,
  task,
  scale,
  steps: defaultSteps,
  licence: licence.name,
  isResearch: research,
  notes,
});
