import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** A finished segment of the video. */
export interface Segment {
  readonly file: string;
  readonly frames: number;
  /** Size of its file. */
  readonly bytes: number;
}

/** What decides the bytes of the segments, by the names of settings; plain JSON. */
export type JobIdentity = Readonly<Record<string, unknown>>;

/** The list of finished segments in a work folder. */
export interface Journal {
  /** Null when another version of remaster wrote the journal. */
  readonly identity: JobIdentity | null;
  /** Versions of the ffmpegs that encoded the segments, oldest first. */
  readonly ffmpegs: readonly string[];
  readonly segments: readonly Segment[];
}

const VERSION = 2;
const FILE = 'journal.json';

/** Null without a journal, `damaged` when it cannot be read. Segments from the first missing or incomplete file on are left out. */
export async function readJournal(folder: string): Promise<Journal | 'damaged' | null> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { version, identity, ffmpegs, segments } = JSON.parse(text) as Journal & { readonly version: number };
    if (!Array.isArray(segments)) return 'damaged';
    if (version !== VERSION) return { identity: null, ffmpegs: [], segments };
    return { identity, ffmpegs, segments: await complete(folder, segments) };
  } catch {
    return 'damaged';
  }
}

async function complete(folder: string, segments: readonly Segment[]): Promise<readonly Segment[]> {
  const sizes = await Promise.all(
    segments.map(({ file }) =>
      stat(join(folder, file)).then(
        ({ size }) => size,
        () => null,
      ),
    ),
  );
  const broken = segments.findIndex(({ bytes }, i) => sizes[i] !== bytes);
  return broken < 0 ? segments : segments.slice(0, broken);
}

/** Replaces the journal in one step, so that a power failure leaves the old or the new one. */
export async function writeJournal(folder: string, journal: Journal): Promise<void> {
  const path = join(folder, FILE);
  await writeFile(`${path}.new`, JSON.stringify({ version: VERSION, ...journal }));
  await sync(`${path}.new`);
  await rename(`${path}.new`, path);
  await sync(folder).catch(() => {}); // not supported by every file system
}

/** Flushes a file or a folder to disk. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Names of the settings that differ. */
export function differences(a: JobIdentity, b: JobIdentity): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.filter((name) => !isDeepStrictEqual(a[name], b[name])).toSorted();
}

export const frameCount = (segments: readonly Pick<Segment, 'frames'>[]): number =>
  segments.reduce((sum, { frames }) => sum + frames, 0);
