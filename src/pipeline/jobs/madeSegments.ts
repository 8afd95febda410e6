import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../errors';
import { createOnce } from '../../files/createOnce';
import { sync } from '../../files/sync';
import { hashesOf, type Segment } from './segment';

/**
 * A segment that one of several machines has made. The file next to it says so: whichever machine wants to make a segment
 * looks for that first.
 */
export interface MadeSegment extends Segment {
  /** From 0. */
  readonly index: number;
  /** Of its file. */
  readonly sha256: string;
  /** Name of the worker. */
  readonly by: string;
  /** Its class: machines of one class make the same bytes. */
  readonly machine: string;
  /** As in `Result`; null when it is not only faces that are restored. */
  readonly faces: { readonly found: number; readonly framesWithout: number } | null;
}

/** The facts of a segment before its file is complete. With `hashBytes`, the hashes of its frames are beside it. */
export type NewSegment = Pick<MadeSegment, 'index' | 'frames' | 'by' | 'machine' | 'faces' | 'hashBytes'>;

/** Where a worker writes a segment until it is complete. `owner`: letters and digits. */
export const partOf = (folder: string, index: number, owner: string): string =>
  join(folder, `${numbered(index)}.${owner}.part`);

/** Removes the unfinished files of a segment. */
export async function removePart(part: string): Promise<void> {
  for (const path of [part, hashesOf(part)]) await rm(path, { force: true });
}

/** The note next to a segment. */
export const noteOf = (index: number): string => `${numbered(index)}.json`;

const numbered = (index: number): string => String(index).padStart(6, '0');
const NOTE = /^(\d{6,})\.json$/;

/** The segment of the job with this key; null: no machine has made it, or not with the hashes that a record needs. */
export async function madeSegment(
  folder: string,
  key: string,
  index: number,
  isRecorded = false,
): Promise<MadeSegment | null> {
  const text = await readFile(join(folder, noteOf(index)), 'utf8').catch(unlessMissing);
  const made = text === null ? null : parseNote(text, key, index);
  if (made === null) return null;
  const { hashBytes: noted, ...segment } = made;
  const found = await stat(join(folder, made.file)).catch(unlessMissing);
  if (found?.size !== made.bytes || (isRecorded && noted === undefined)) return null;
  if (noted === undefined) return segment;
  // Of two machines that made the same bytes, either may have left its hashes: they differ in their first line, the machine.
  const hashes = await stat(join(folder, hashesOf(made.file))).catch(unlessMissing);
  return hashes && { ...segment, hashBytes: hashes.size };
}

/** All of them, by their numbers. */
export async function madeSegments(folder: string, key: string, isRecorded = false): Promise<Map<number, MadeSegment>> {
  const found = new Map<number, MadeSegment>();
  for (const name of (await readdir(folder)).toSorted()) {
    const index = NOTE.exec(name)?.[1];
    const made = index === undefined ? null : await madeSegment(folder, key, Number(index), isRecorded);
    if (made) found.set(made.index, made);
  }
  return found;
}

/**
 * Gives a complete segment its name and its note, flushed to the disk. Returns the one that counts: another machine may have
 * been faster. Errors: WORKER_DIFFERS when that one has other bytes, though both machines are of one class.
 */
export async function keepSegment(
  folder: string,
  key: string,
  part: string,
  segment: NewSegment,
): Promise<MadeSegment> {
  const { index, by, machine } = segment;
  const isRecorded = segment.hashBytes !== undefined;
  await sync(part);
  const sha256 = await hashOf(part);
  const file = `${numbered(index)}.${sha256.slice(0, 16)}.nut`;
  const made: MadeSegment = { ...segment, file, bytes: (await stat(part)).size, sha256 };
  const note = join(folder, noteOf(index));
  if ((await madeSegment(folder, key, index, isRecorded)) === null) {
    await rm(note, { force: true }); // of another job, or its file is gone
    if (isRecorded) await rename(hashesOf(part), join(folder, hashesOf(file)));
    await rename(part, join(folder, file));
    await createOnce(note, JSON.stringify({ key, ...made }), `${part}.note`);
    await sync(folder).catch(() => {}); // not supported by every file system
  }
  const first = (await madeSegment(folder, key, index, isRecorded)) ?? made;
  await removePart(part);
  if (first.sha256 === sha256) return first;
  for (const name of [file, hashesOf(file)]) await rm(join(folder, name), { force: true });
  if (first.machine === machine) throw differs(by, first.by, `segment ${index}`);
  return first;
}

export const differs = (by: string, other: string, what: string): RemasterError =>
  new RemasterError('WORKER_DIFFERS', `The worker ${by} makes other bytes of ${what} than ${other}.`, {
    remedy: 'Compare `remaster doctor` on both machines: processor, driver, ffmpeg and onnxruntime.',
  });

/** Null if it is the note of another job, or none: another machine may be writing it where there are no hard links. */
function parseNote(text: string, key: string, index: number): MadeSegment | null {
  try {
    const { key: own, ...made } = JSON.parse(text) as MadeSegment & { readonly key: string };
    const isWhole = [made.sha256, made.by, made.machine].every((field) => typeof field === 'string');
    const isCounted = [made.frames, made.bytes, made.hashBytes ?? 1].every(
      (field) => Number.isSafeInteger(field) && field > 0,
    );
    const isSafe = isWhole && /^[0-9a-f]{64}$/.test(made.sha256);
    const hasItsFile = isSafe && made.file === `${numbered(index)}.${made.sha256.slice(0, 16)}.nut`;
    return own === key && made.index === index && isCounted && hasItsFile ? made : null;
  } catch {
    return null;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Any other error may be one of the network. */
function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ESTALE') return null;
  throw error;
}
