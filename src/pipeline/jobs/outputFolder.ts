import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RemasterError } from '../../errors';
import {
  differences,
  frameCount,
  type JobIdentity,
  type FoundJournal,
  readJournal,
  type Segment,
  sync,
  writeJournal,
} from './journal';
import { lockOutput, type OutputLock } from './outputLock';
import { unwritable } from './outputErrors';
import { checkTarget, targetOf } from './outputTarget';
import { hasClaim, publishFile, removeClaim } from './publishFile';
import { clear, lockedFolder, removeEmpty, workFolder } from './workFolder';
import { tryGrowing, tryName, tryWriting } from './writeTrial';

/**
 * The folder next to the output where a job keeps its files: `.<output>.remaster/`. It holds the finished segments, the
 * journal that lists them, and a lock, so that two jobs never write the same output and an interrupted job can be
 * resumed.
 */
export interface OutputFolder {
  readonly folder: string;
  /** Where the result gets its name: the file itself if the job was given a link to one. */
  readonly output: string;
  /** Segments of an interrupted run of the same job. */
  readonly done: readonly Segment[];
  /** Frames that were finished, but whose files are missing or incomplete. */
  readonly lost: number;
  /** Versions of other ffmpegs that encoded `done`. */
  readonly otherFfmpegs: readonly string[];
  /** Path of a new segment. Errors: OUTPUT_BUSY if another job has taken the folder over. */
  newSegment(): Promise<string>;
  /** Flushes a finished segment to disk and adds it to the journal. */
  commitSegment(path: string, frames: number): Promise<Segment>;
  /** Moves `file` to the path of the output, atomically. */
  publish(file: string, name?: string): Promise<string>;
  /** Whether the folder takes more. Errors: DISK_FULL, OUTPUT_UNWRITABLE. */
  assertWritable(): Promise<void>;
  /** The error to report when `error` has ended the job: what the system says about the folder where ffmpeg failed. */
  explain(error: unknown): Promise<unknown>;
  /** Releases the lock. Without `keepSegments` the folder is deleted. */
  close(options: { readonly keepSegments: boolean }): Promise<void>;
}

export interface OutputFolderOptions {
  readonly overwrite: boolean;
  /** Continues the finished segments of an interrupted job. */
  readonly resume: boolean;
  /** Deletes them. */
  readonly discard: boolean;
  /** Version of the ffmpeg that encodes. */
  readonly ffmpeg: string;
  /** Files the job reads: it never replaces one. */
  readonly sources?: readonly string[];
}

/**
 * Opens the work folder of `output` and locks it. Errors: OUTPUT_EXISTS, OUTPUT_BUSY, OUTPUT_UNWRITABLE, DISK_FULL, and
 * RESUME_MISMATCH when it holds finished segments that this job cannot continue: they are deleted only when `discard` asks
 * for it.
 */
export async function openOutputFolder(
  output: string,
  identity: JobIdentity,
  { overwrite, resume, discard, ffmpeg, sources }: OutputFolderOptions,
  signal: AbortSignal,
): Promise<OutputFolder> {
  const target = await targetOf(output);
  const folder = workFolder(target);
  await checkTarget(target, overwrite || (await hasClaim(folder)), sources);
  const lock = await lockedFolder(folder, target, signal);
  let journal: FoundJournal;
  try {
    await removeClaim(folder, target);
    await checkTarget(target, overwrite, sources); // another job may have finished before this one got the lock
    const found = discard ? null : await readJournal(folder);
    journal = continuable(found, { identity, resume, target }) ?? { identity, ffmpegs: [], segments: [], lost: 0 };
    await clear(folder, journal.segments);
    await tryName(folder, target);
  } catch (error) {
    await lock.release();
    await removeEmpty(folder);
    throw unwritable(target, error);
  }
  const { segments: done, lost, ffmpegs } = journal;
  const otherFfmpegs = ffmpegs.filter((version) => version !== ffmpeg);
  journal = { ...journal, ffmpegs: [...otherFfmpegs, ffmpeg] };
  return {
    folder,
    output: target,
    done,
    lost,
    otherFfmpegs,
    async newSegment() {
      await lock.assertHeld();
      return join(folder, `${String(journal.segments.length).padStart(6, '0')}.nut`);
    },
    async commitSegment(path, frames) {
      await lock.assertHeld();
      await sync(path);
      const segment = { file: basename(path), frames, bytes: (await stat(path)).size };
      journal = { ...journal, segments: [...journal.segments, segment] };
      await writeJournal(folder, journal);
      return segment;
    },
    async publish(file, name = target) {
      await lock.assertHeld();
      await publishFile(join(folder, file), name, { overwrite, folder });
      return name;
    },
    async assertWritable() {
      await tryWriting(folder).catch((cause: unknown) => {
        throw unwritable(target, cause);
      });
    },
    async explain(error) {
      if (!(error instanceof RemasterError) || error.code !== 'ENCODE_FAILED') return unwritable(target, error);
      return tryToContinue(folder, journal.segments).then(
        () => error,
        (cause: unknown) => unwritable(target, cause, error.detail),
      );
    },
    async close({ keepSegments }) {
      const isKept = keepSegments && journal.segments.length > 0;
      if (await isHeld(lock)) await clear(folder, isKept ? journal.segments : []);
      await lock.release();
      await removeEmpty(folder);
    },
  };
}

/** Writes what a failed ffmpeg could not. Rejects with the error of the system; damages the unfinished files. */
async function tryToContinue(folder: string, finished: readonly Segment[]): Promise<void> {
  await tryWriting(folder);
  const kept = new Set(finished.map(({ file }) => file));
  for (const name of await readdir(folder))
    if (UNFINISHED.test(name) && !kept.has(name)) await tryGrowing(join(folder, name));
}

/** Segments and the whole video. */
const UNFINISHED = /^(\d+\.nut|frames\.nut|whole\.\w+)$/;

const isHeld = (lock: OutputLock): Promise<boolean> =>
  lock.assertHeld().then(
    () => true,
    () => false,
  );

/** The journal if this job continues it; null if there is nothing to continue. */
function continuable(
  journal: FoundJournal | 'damaged' | null,
  { identity, resume, target }: { identity: JobIdentity; resume: boolean; target: string },
): FoundJournal | null {
  if (journal === null) return null;
  if (journal === 'damaged') throw mismatch('An interrupted job', target, 'its list of finished segments is damaged');
  const frames = frameCount(journal.segments) + journal.lost;
  if (frames === 0) return null;
  const work = `An interrupted job with ${frames} finished frame${frames === 1 ? '' : 's'}`;
  if (journal.identity === null) throw mismatch(work, target, 'another version of remaster wrote it');
  const different = differences(journal.identity, identity);
  if (different.length > 0) throw mismatch(work, target, `it differs in ${different.join(', ')}`);
  if (!resume) throw mismatch(work, target, 'resuming is off');
  return journal;
}

const mismatch = (work: string, target: string, why: string): RemasterError =>
  new RemasterError('RESUME_MISMATCH', `${work} exists for ${target}, and this job cannot continue it: ${why}.`, {
    remedy:
      'Start the job with the same source and settings to continue it, or discard its frames: --discard, or Discard in the node.',
  });

/** Deletes the work folder of an interrupted job, unless a running job holds its lock. */
export async function discardWork(output: string, signal: AbortSignal): Promise<void> {
  const target = await targetOf(output);
  const folder = workFolder(target);
  if (!(await stat(folder).catch(() => null))) return;
  const lock = await lockOutput(folder, target, signal);
  await removeClaim(folder, target);
  await clear(folder, []);
  await lock.release();
  await removeEmpty(folder);
}
