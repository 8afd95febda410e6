import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { RemasterError } from '../errors';
import { unreadable } from '../pipeline/media/sourceFile';
import type { FileSettings } from '../settings/batchJob';
import { expandGlob, isGlob } from './glob';

/** What a batch reads: a file, a folder with all folders in it, or a pattern. */
export interface BatchInput {
  readonly path: string;
  /** Those of a preset: settings of the batch override them. */
  readonly settings?: FileSettings;
  /** Throws a RemasterError for a file or folder that may not be read. */
  readonly assertAllowed?: (path: string, isFolder: boolean) => Promise<unknown>;
}

/** A file, or a folder of numbered images, to restore. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  /** Folders between the input and the file, which are made again below the output folder. */
  readonly subfolder: string;
  /** Of its preset. */
  readonly settings: FileSettings;
  /** The same for all paths that lead to this file. */
  readonly key: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** An input, or something in it, that cannot be read. */
export interface Unreadable {
  readonly path: string;
  readonly error: RemasterError;
}

export interface FoundSources {
  readonly sources: readonly Source[];
  readonly unreadable: readonly Unreadable[];
}

/** The folder of the results, so that they are not read again. */
export interface ResultsFolder {
  /** Its real path. */
  readonly path: string;
  /** Whether this real path is the result of a batch. */
  isResult(path: string): boolean;
}

/**
 * Finds all files of the inputs, each once. Never rejects for a single file or folder: those are `unreadable`, and so is a
 * folder without videos, unless it `mayBeEmpty`.
 */
export async function findSources(
  inputs: readonly BatchInput[],
  results: ResultsFolder,
  mayBeEmpty = false,
): Promise<FoundSources> {
  const search = new Search(results, mayBeEmpty);
  for (const input of inputs) await search.input(input);
  return search;
}

class Search implements FoundSources {
  readonly sources: Source[] = [];
  readonly unreadable: Unreadable[] = [];
  readonly #keys = new Set<string>();
  /** Real paths of the folders that were read: links may lead in a circle. */
  readonly #folders = new Set<string>();

  /** Grows with each file that is found, again too. */
  #reached = 0;

  constructor(
    private readonly results: ResultsFolder,
    private readonly mayBeEmpty: boolean,
  ) {}

  async input(input: BatchInput): Promise<void> {
    const { path } = input;
    const absolute = resolve(path);
    const found = path.includes('\0') ? null : await stat(absolute).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error && isGlob(path)) return this.#pattern(path, input);
    await this.#given(absolute, null, input, found);
  }

  async #pattern(pattern: string, input: BatchInput): Promise<void> {
    const { base, paths } = await expandGlob(pattern);
    let isNone = true;
    for (const path of paths) {
      const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
      const isFolder = !(found instanceof Error) && found.isDirectory();
      if (!isFolder && !isVideo(path)) continue;
      isNone = false;
      await this.#given(path, base, input, found);
    }
    if (isNone) this.#refuse(pattern, missing(`No video and no folder matches ${pattern}.`));
  }

  /** A file or folder that was named. `base`: of a pattern; their place below the output folder is relative to it. */
  async #given(path: string, base: string | null, input: BatchInput, found: Stats | Error | null): Promise<void> {
    if (found === null || found instanceof Error)
      return this.#refuse(path, isDenied(found) ? denied(path, found) : missing(`${path} does not exist.`, found));
    if (!found.isDirectory()) return this.#add(path, relative(base ?? dirname(path), dirname(path)), input, found);
    const before = this.#reached;
    const isInside = isWithin(await realpath(path), this.results.path);
    await this.#folder(path, base ?? path, input, isInside);
    if (this.#reached === before && !this.mayBeEmpty)
      this.#refuse(path, missing(`${path} contains no videos to restore.`));
  }

  /** `isInside`: the input is in the folder of the results, or is that folder. */
  async #folder(folder: string, base: string, input: BatchInput, isInside: boolean): Promise<void> {
    try {
      const real = await realpath(folder);
      if (this.#folders.has(real)) this.#reached++;
      if (this.#folders.has(real) || (real === this.results.path && !isInside)) return;
      this.#folders.add(real);
      if (!(await this.#isAllowed(folder, true, input))) return;
      const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).toSorted();
      const videos = names.filter(isVideo);
      if (videos.length === 0 && isSequence(names))
        return await this.#add(folder, relative(base, dirname(folder)), input, await stat(folder));
      for (const name of names) await this.#entry(join(folder, name), base, input, isInside);
    } catch (error) {
      this.#refuse(folder, denied(folder, error));
    }
  }

  async #entry(path: string, base: string, input: BatchInput, isInside: boolean): Promise<void> {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
    if (!(found instanceof Error) && found.isDirectory()) return this.#folder(path, base, input, isInside);
    if (!isVideo(path)) return;
    if (found instanceof Error) return this.#refuse(path, denied(path, found));
    if (found.isFile()) await this.#add(path, relative(base, dirname(path)), input, found);
  }

  async #add(path: string, subfolder: string, input: BatchInput, found: Stats): Promise<void> {
    const real = await realpath(path).catch(() => path);
    if (isWithin(real, this.results.path) && this.results.isResult(real)) return;
    this.#reached++;
    const isFolder = found.isDirectory();
    if (!(await this.#isAllowed(path, isFolder, input))) return;
    const isAlone = found.ino !== 0 && found.nlink === 1;
    const key = isAlone ? `${found.dev}:${found.ino}` : real;
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    const { size: bytes, mtimeMs: modifiedMs } = found;
    // `..` where a pattern has led out of its base: the file then lies in the output folder itself.
    const inside = subfolder.split(sep).includes('..') ? '' : subfolder;
    this.sources.push({ path, subfolder: inside, settings: input.settings ?? NONE, key, isFolder, bytes, modifiedMs });
  }

  async #isAllowed(path: string, isFolder: boolean, { assertAllowed }: BatchInput): Promise<boolean> {
    try {
      await assertAllowed?.(path, isFolder);
      return true;
    } catch (error) {
      if (!(error instanceof RemasterError)) throw error;
      this.#refuse(path, error);
      return false;
    }
  }

  #refuse(path: string, error: RemasterError): void {
    this.#reached++;
    if (!this.unreadable.some((one) => one.path === path)) this.unreadable.push({ path, error });
  }
}

/** The settings of an input without a preset. */
const NONE: FileSettings = {};

/** Extensions of videos. Files of other names are restored where they are named themselves. */
const VIDEO =
  /\.(mp4|m4v|mov|qt|3gp|3g2|mj2|mkv|webm|avi|divx|m?ts|m2ts?|mpe?g|mpe|m[12]v|vob|evo|dv|dif|wmv|asf|flv|f4v|og[vm]|mxf|gxf|nut|rm|rmvb|wtv|y4m|ivf|obu|h26[1345]|26[45]|avc|hevc|vc1|mjpe?g)$/i;
/** The part of a damaged source that could be restored. */
const PARTIAL = /\.partial(-\d+)?(\.(mp4|m4v|mov|mkv))?$/i;

const isVideo = (name: string): boolean => VIDEO.test(name) && !PARTIAL.test(name);

/** Whether a folder is a video in single images: at least two, and all with numbers. */
function isSequence(names: readonly string[]): boolean {
  const images = names.filter((name) => /^\.(png|jpe?g|tiff?|dpx|exr|bmp|webp|pgm|ppm)$/i.test(extname(name)));
  return images.length > 1 && images.every((name) => /\d$/.test(basename(name, extname(name))));
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

const isDenied = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException)?.code ?? '');

const denied = (path: string, cause: unknown): RemasterError => {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ELOOP') return missing(`${path} is a link that leads nowhere.`, cause);
  if (!isDenied(cause)) return unreadable(path, message, cause, 'Check the disk.');
  return unreadable(path, 'permission denied', cause, 'Give the user that runs remaster read permission.');
};

const missing = (message: string, cause?: unknown): RemasterError =>
  new RemasterError('SOURCE_NOT_FOUND', message, { remedy: 'Check the path.', cause });
