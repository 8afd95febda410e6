import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { sizeOf } from '../pipeline/jobs/sizeOf';
import { decidesResult } from '../pipeline/jobs/restore/jobIdentity';
import { openSource } from '../pipeline/media/sourceFile';
import { sourceIdentity } from '../pipeline/media/sourceIdentity';
import { type Job, JOB_DEFAULTS } from '../settings/restoreJob';
import type { FileWork } from './batchFile';
import type { FileStamp, Known, WorkKey } from './batchJournal';

/**
 * The key of the work: of the source's present content, and of the settings. Read again only if the file has changed
 * since. Errors: those of a source that cannot be read.
 */
export async function workKey(work: FileWork): Promise<WorkKey> {
  const opened = await openSource(work.source.path, work.job.sequenceRate);
  const { sequence, bytes, modifiedMs } = opened;
  if (work.key && !sequence && isEqualStamp(work.key, opened)) return work.key;
  work.key = { source: await sourceIdentity(opened), job: await jobKey(work.job), bytes, modifiedMs };
  return work.key;
}

/** Of the settings that differ from the defaults: a later version with more settings gives the same. */
async function jobKey(job: Job): Promise<string> {
  const changed = Object.entries(job).filter(
    ([name, value]) => decidesResult(name as keyof Job) && !isDeepStrictEqual(value, defaults[name]),
  );
  const mask = job.mask === null ? null : await sourceIdentity(await openSource(job.mask, job.sequenceRate));
  const settings = { ...Object.fromEntries(changed), mask };
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex');
}

const defaults = JOB_DEFAULTS as Readonly<Record<string, unknown>>;

/** Of a folder, the bytes of all its files. Null if there is none. */
export async function stampOf(path: string): Promise<FileStamp | null> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return found && { bytes: found.isDirectory() ? await sizeOf(path) : found.size, modifiedMs: found.mtimeMs };
}

/**
 * The state of an output file. `finished`: nothing is left to do. `unrecorded`: the same, but the batch that made it was
 * killed before it could say so. `outdated`: the source has changed since, and the result is unchanged.
 */
export type OutputState = 'nothing' | 'finished' | 'unrecorded' | 'outdated' | 'other';

/** `file`: the output file at present. */
export function outputState(last: Known | null, work: WorkKey, input: string, file: FileStamp | null): OutputState {
  if (file === null) return 'nothing';
  if (last === null || last.is === 'broken') return 'other';
  const isSameJob = last.job === work.job;
  const isSame = isSameJob && last.source === work.source;
  const isBegun = last.is === 'begun';
  const isUntouched = isEqualStamp(isBegun ? last.before : last, file);
  if (isBegun && isSame && !isUntouched) return 'unrecorded';
  if (!isBegun && isSame && last.bytes === file.bytes) return 'finished';
  const isOld = isBegun ? last.isOutdated : !isSame;
  return isSameJob && last.input === input && isUntouched && isOld ? 'outdated' : 'other';
}

const isEqualStamp = (a: FileStamp | null, b: FileStamp): boolean =>
  a?.bytes === b.bytes && a.modifiedMs === b.modifiedMs;
