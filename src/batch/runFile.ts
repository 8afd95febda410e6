import { relative } from 'node:path';
import type { Engine, RunningJob } from '../engine/client/engine';
import { RemasterError } from '../errors';
import { resultPath } from '../pipeline/jobs/restore/record/recordNames';
import { partialName } from '../pipeline/jobs/restore/truncation';
import { openSource } from '../pipeline/media/sourceFile';
import type { Job, Progress, Result } from '../settings/restoreJob';
import type { FileWork } from './batchFile';
import { type BatchFolder, makeResultFolder, removeEmptyFolders } from './batchFolder';
import type { Broken, Finished, Known, Line } from './batchJournal';
import { stampOf, outputState, workKey } from './workKey';

/** How a file is restored. */
export interface FileRun {
  readonly folder: BatchFolder;
  /** Absolute path of the output folder, as it was given. */
  readonly out: string;
  readonly engine: Engine;
  readonly queuePassword: string | null;
  onStart(running: RunningJob): void;
  onProgress(progress: Progress): void;
}

/**
 * The recorded result of an earlier run; null if there is none. Nothing is started for it, and the content of the source is
 * read only for one that is recorded. Errors: those of a source that cannot be read,
 * and, unless `isAgain`, those of one that was found broken and has not changed since.
 */
export async function finishedBefore(
  work: FileWork,
  { folder, out }: Pick<FileRun, 'folder' | 'out'>,
  isAgain: boolean,
): Promise<Finished | null> {
  const { job } = work;
  const path = resultPath(job);
  const output = relative(out, path);
  const last = folder.journal.last(output);
  if (last === null) {
    await openSource(job.input, job.sequenceRate); // one that is empty or may not be read fails before the others start
    return null;
  }
  const key = await workKey(work);
  const file = await stampOf(path);
  if (last.is === 'broken') {
    const isSame = !isAgain && last.source === key.source && last.job === key.job;
    const isThere = isSame && !job.overwrite && (await stampOf(partialName(job.output))) !== null;
    if (isThere) throw RemasterError.from(last.error);
    return null;
  }
  const state = outputState(last, key, job.input, file);
  if (state === 'finished') return last as Finished;
  if (state !== 'unrecorded') return null;
  const { source, job: settings } = key;
  const unknown = { frames: null, seconds: null, model: null, warnings: [] };
  const found: Finished = { is: 'finished', output, input: job.input, source, job: settings, ...file!, ...unknown };
  await folder.journal.add(found);
  return found;
}

/** Restores a file and records its result. Rejects with the errors of its job, and with a StoppedError when it is stopped. */
export async function runFile(work: FileWork, run: FileRun): Promise<Finished> {
  const { job } = work;
  const { journal } = run.folder;
  const path = resultPath(job);
  const output = relative(run.out, path);
  const { source, job: settings } = await workKey(work);
  await run.folder.assertHeld();
  await makeResultFolder(run.folder, run.out, job.output);
  const before = await stampOf(path);
  const state = outputState(journal.last(output), { source, job: settings }, job.input, before);
  const record = { output, input: job.input, source, job: settings };
  const isOutdated = state === 'outdated';
  const kept = journal.last(output);
  await journal.add({ is: 'begun', ...record, before, isOutdated });
  let result: Result;
  try {
    result = await restored({ ...job, overwrite: job.overwrite || isOutdated }, run);
  } catch (error) {
    await journal.add(afterFailure(error, record, kept)).catch(() => {}); // its error comes first
    await removeEmptyFolders(run.out, job.output);
    throw error;
  }
  const made = await stampOf(path);
  const { framesOut: frames, elapsed: seconds, warnings } = result;
  const model = result.model.name;
  const finished: Finished = { is: 'finished', ...record, ...made!, frames, seconds, model, warnings };
  await journal.add(finished);
  return finished;
}

/** What the journal keeps of a failure. */
function afterFailure(error: unknown, record: Omit<Broken, 'is' | 'error'>, kept: Known | null): Line {
  if (kept?.is === 'finished') return kept;
  const isBroken = error instanceof RemasterError && /^SOURCE_(TRUNCATED|DAMAGED)$/.test(error.code);
  if (isBroken) return { is: 'broken', ...record, error: { ...error.toJSON(), detail: '' } };
  return { is: 'left', output: record.output };
}

async function restored(job: Job, { engine, queuePassword, onStart, onProgress }: FileRun): Promise<Result> {
  const running = engine.run(job, { onProgress }, queuePassword);
  onStart(running);
  return running.result;
}
