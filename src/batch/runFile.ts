import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Engine, RunningJob } from '../engine/client/engine';
import { openSource } from '../pipeline/media/sourceFile';
import type { Job, Progress, Result } from '../settings/restoreJob';
import type { FileWork } from './batchFile';
import { type BatchFolder, makeResultFolder } from './batchFolder';
import type { Finished } from './batchJournal';
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
 * read only for one that is recorded. Errors: those of a source that cannot be read.
 */
export async function finishedBefore(
  work: FileWork,
  { folder, out }: Pick<FileRun, 'folder' | 'out'>,
): Promise<Finished | null> {
  const { job } = work;
  const output = relative(out, job.output);
  const last = folder.journal.last(output);
  if (last === null) {
    await openSource(job.input, job.sequenceRate); // one that is empty or may not be read fails before the others start
    return null;
  }
  const key = await workKey(work);
  const file = await stampOf(job.output);
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
  const output = relative(run.out, job.output);
  await run.folder.assertHeld();
  await makeResultFolder(run.folder, run.out, job.output);
  const { source, job: settings } = await workKey(work);
  const before = await stampOf(job.output);
  const state = outputState(journal.last(output), { source, job: settings }, job.input, before);
  const record = { output, input: job.input, source, job: settings };
  const isOutdated = state === 'outdated';
  const kept = journal.last(output);
  await journal.add({ is: 'begun', ...record, before, isOutdated });
  let result: Result;
  try {
    result = await restored({ ...job, overwrite: job.overwrite || isOutdated }, run);
  } catch (error) {
    await journal.add(kept?.is === 'finished' ? kept : { is: 'left', output }).catch(() => {}); // its error comes first
    throw error;
  }
  const { size: bytes, mtimeMs: modifiedMs } = await stat(job.output);
  const { framesOut: frames, elapsed: seconds, warnings } = result;
  const model = result.model.name;
  const finished: Finished = { is: 'finished', ...record, bytes, modifiedMs, frames, seconds, model, warnings };
  await journal.add(finished);
  return finished;
}

async function restored(job: Job, { engine, queuePassword, onStart, onProgress }: FileRun): Promise<Result> {
  const running = engine.run(job, { onProgress }, queuePassword);
  onStart(running);
  return running.result;
}
