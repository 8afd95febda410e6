import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sync } from '../../files/sync';
import type { ChosenModel } from '../../settings/chooseModel';
import { identityKey, type JobIdentity } from './identity';
import { type MadeSegment, madeSegments } from './madeSegments';
import { frameCount, hashesOf, type Segment } from './segment';

/** The list of finished segments in a work folder. */
export interface Journal {
  /** Null when another version of remaster wrote the journal. */
  readonly identity: JobIdentity | null;
  /** Versions of the ffmpegs that encoded the segments, oldest first. */
  readonly ffmpegs: readonly string[];
  readonly segments: readonly Segment[];
  /** The model that was chosen for the job; absent where the job named it. */
  readonly chosen?: ChosenModel;
}

const VERSION = 2;
const FILE = 'journal.json';

/** A journal as it was found. */
export interface FoundJournal extends Journal {
  /** Frames of segments that are in the list but cannot be used: their file, or one before it, is missing or incomplete. */
  readonly lost: number;
  /** Segments behind a gap: several machines do not finish them in order. */
  readonly later: ReadonlyMap<number, MadeSegment>;
}

/** Null without a journal, `damaged` when its text is. */
export async function readJournal(folder: string): Promise<FoundJournal | 'damaged' | null> {
  const text = await unlessMissing(readFile(join(folder, FILE), 'utf8'));
  if (text === null) return null;
  const journal = parseJournal(text);
  if (journal === null) return 'damaged';
  if (journal.identity === null) return { ...journal, lost: 0, later: new Map() };
  const later = await madeSegments(folder, identityKey(journal.identity));
  const segments = [...(await complete(folder, journal.segments))];
  for (let next = later.get(segments.length); next; next = later.get(segments.length)) segments.push(next);
  for (const index of segments.keys()) later.delete(index);
  const lost = Math.max(0, frameCount(journal.segments) - frameCount(segments));
  return { ...journal, segments, lost, later };
}

function parseJournal(text: string): Journal | null {
  try {
    const { version, identity, ffmpegs, segments, chosen } = JSON.parse(text) as Journal & { readonly version: number };
    if (!Array.isArray(segments)) return null;
    if (version !== VERSION) return { identity: null, ffmpegs: [], segments };
    return { identity, ffmpegs, segments, ...(chosen && { chosen }) };
  } catch {
    return null;
  }
}

/** The segments before the first one of which a file is missing or has another size. */
async function complete(folder: string, segments: readonly Segment[]): Promise<readonly Segment[]> {
  for (const [i, { file, bytes, hashBytes }] of segments.entries()) {
    const files = [[file, bytes], ...(hashBytes === undefined ? [] : [[hashesOf(file), hashBytes] as const])] as const;
    for (const [name, size] of files) {
      const found = await unlessMissing(stat(join(folder, name)));
      if (found?.size !== size) return segments.slice(0, i);
    }
  }
  return segments;
}

/** Any other error may be one of the network: the files are there, and must not be taken for lost. */
const unlessMissing = <T>(reading: Promise<T>): Promise<T | null> =>
  reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });

/** Replaces the journal in one step, so that a power failure leaves the old or the new one. */
export async function writeJournal(folder: string, journal: Journal): Promise<void> {
  const { identity, ffmpegs, segments, chosen } = journal;
  const path = join(folder, FILE);
  await writeFile(`${path}.new`, JSON.stringify({ version: VERSION, identity, ffmpegs, segments, chosen }));
  await sync(`${path}.new`);
  await rename(`${path}.new`, path);
  await sync(folder).catch(() => {}); // not supported by every file system
}
