import { type ErrorRecord, errorRecord } from '../errors';
import { resultPath } from '../pipeline/jobs/restore/record/recordNames';
import type { Job, Progress } from '../settings/restoreJob';
import type { Finished, WorkKey } from './batchJournal';
import type { Source } from './findSources';

/** `skipped`: an earlier run has made the result. A file that was stopped is `waiting`: the next run goes on with it. */
export type FileState = 'waiting' | 'running' | 'done' | 'skipped' | 'failed';

/** One file of a batch. Null stands for unknown, and where a value does not apply. */
export interface BatchFile {
  /** Different from those of all other files of the batch. */
  readonly id: number;
  /** Absolute. */
  readonly input: string;
  /** Absolute; null for a file that has no name for its result. */
  readonly output: string | null;
  readonly state: FileState;
  /** Why it failed. */
  readonly error: ErrorRecord | null;
  /** Seconds that it took. */
  readonly seconds: number | null;
  readonly frames: number | null;
  readonly model: string | null;
  readonly warnings: readonly string[];
  /** Of a file that runs. */
  readonly progress: Progress | null;
}

type Changing = 'state' | 'error' | 'seconds' | 'frames' | 'model' | 'warnings' | 'progress';

/** A file as the batch has it; it is changed in place. */
export type QueuedFile = Omit<BatchFile, Changing> & { -readonly [K in Changing]: BatchFile[K] } & {
  /** Null for what cannot be restored: it has failed. */
  readonly work: FileWork | null;
};

/** The job of a file. */
export interface FileWork {
  readonly source: Source;
  readonly job: Job;
  /** Of the source as it was last read; null before. */
  key: (WorkKey & Pick<Source, 'bytes' | 'modifiedMs'>) | null;
}

export const queuedFile = (
  id: number,
  input: string,
  work: FileWork | null,
  output = work && resultPath(work.job),
): QueuedFile => ({
  ...{ id, input, output, work },
  ...{ state: 'waiting', error: null, seconds: null, frames: null, model: null, warnings: [], progress: null },
});

/** Whether nothing will happen to it any more. */
export const isOver = ({ state }: Pick<BatchFile, 'state'>): boolean => state !== 'waiting' && state !== 'running';

export function fail(file: QueuedFile, error: unknown): void {
  Object.assign(file, { state: 'failed', error: errorRecord(error), progress: null } satisfies Partial<QueuedFile>);
}

/** Takes over the recorded facts of the result. */
export function finish(file: QueuedFile, state: 'done' | 'skipped', result: Finished): void {
  const { seconds, frames, model, warnings } = result;
  const ended = { state, error: null, seconds, frames, model, warnings, progress: null };
  Object.assign(file, ended satisfies Partial<QueuedFile>);
}
