import { lstat } from 'node:fs/promises';
import { RemasterError } from '../../errors';
import type { ChosenModel } from '../../settings/chooseModel';
import { checkCompanions, removeCompanions } from './companions';
import type { ImageName } from '../../settings/imageOutput';
import { differences, type JobIdentity } from './identity';
import { type FoundJournal, readJournal } from './journal';
import { lockedOutput, type OutputFolder } from './lockedOutput';
import { lockOutput } from './outputLock';
import { unwritable } from './outputErrors';
import { frameCount } from './segment';
import { checkTarget, targetOf } from './outputTarget';
import { hasClaim, removeClaim } from './publishFile';
import { assertOwn, clear, lockedFolder, removeEmpty, workFolder } from './workFolder';
import { tryName } from './writeTrial';

export type { OutputFolder } from './lockedOutput';

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
  /** Paths of files that are published with the output. */
  readonly companions?: readonly string[];
  /** Continues only segments with hashes of their frames. Default false. */
  readonly record?: boolean;
  /** Names of the images of an output that is a folder of them. Absent or null: a file. */
  readonly images?: ImageName | null;
  /** The model that was chosen for the job, kept for the next one. */
  readonly chosen?: ChosenModel | null;
}

/**
 * Opens the work folder of `output` and locks it. Errors: OUTPUT_EXISTS, OUTPUT_BUSY, OUTPUT_UNWRITABLE, DISK_FULL, and
 * RESUME_MISMATCH when it holds finished segments that this job cannot continue: they are deleted only when `discard` asks
 * for it.
 */
export async function openOutputFolder(
  output: string,
  identity: JobIdentity,
  options: OutputFolderOptions,
  signal: AbortSignal,
): Promise<OutputFolder> {
  const { overwrite, resume, discard, ffmpeg, sources, companions = [], record = false, images = null } = options;
  const target = await targetOf(output);
  const folder = workFolder(target);
  await checkTarget(target, overwrite || (await hasClaim(folder)), sources, images);
  const lock = await lockedFolder(folder, target, signal);
  let journal: FoundJournal;
  try {
    await removeClaim(folder, target);
    await removeCompanions(folder, target);
    await checkCompanions(folder, companions, overwrite);
    await checkTarget(target, overwrite, sources, images); // another job may have finished before this one got the lock
    const found = discard ? null : await readJournal(folder);
    const begun = continuable(found, { identity, resume, target, record });
    journal = begun ?? {
      identity,
      ffmpegs: [],
      segments: [],
      lost: 0,
      later: new Map(),
      ...(options.chosen && { chosen: options.chosen }),
    };
    await clear(folder, [...journal.segments, ...journal.later.values()]);
    await tryName(folder, target);
  } catch (error) {
    await lock.release().catch(() => {}); // the error before it is the one to report
    await removeEmpty(folder);
    throw unwritable(target, error);
  }
  return lockedOutput({ folder, target, lock, overwrite, ffmpeg, images }, journal);
}

/** The journal if this job continues it; null if there is nothing to continue. */
function continuable(
  journal: FoundJournal | 'damaged' | null,
  wanted: { identity: JobIdentity; resume: boolean; target: string; record: boolean },
): FoundJournal | null {
  if (journal === null) return null;
  const { identity, resume, target, record } = wanted;
  if (journal === 'damaged') throw mismatch('An interrupted job', target, 'its list of finished segments is damaged');
  const frames = frameCount([...journal.segments, ...journal.later.values()]) + journal.lost;
  if (frames === 0) return null;
  const work = `An interrupted job with ${frames} finished frame${frames === 1 ? '' : 's'}`;
  if (journal.identity === null) throw mismatch(work, target, 'another version of remaster wrote it');
  const different = differences(journal.identity, identity);
  if (different.length > 0) throw mismatch(work, target, `it differs in ${different.join(', ')}`);
  if (!resume) throw mismatch(work, target, 'resuming is off');
  const isUnrecorded = [...journal.segments, ...journal.later.values()].some(
    ({ hashBytes }) => hashBytes === undefined,
  );
  if (record && isUnrecorded)
    throw mismatch(work, target, 'it was started without a record, and a record has all frames');
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
  if (!(await lstat(folder).catch(() => null))) return;
  await assertOwn(folder, target);
  const lock = await lockOutput(folder, target, signal);
  try {
    await removeClaim(folder, target);
    await removeCompanions(folder, target);
    await clear(folder, []);
  } finally {
    await lock.release();
  }
  await removeEmpty(folder);
}
