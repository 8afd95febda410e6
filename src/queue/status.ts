import type { Backend } from './backend';
import { orNull } from './fields';
import { RUNS, segmentsOf } from './names';
import { parseRun, type WorkerRecord } from './payloads';
import { endRun, removeRun, untilQuiet } from './removeRun';
import { runId } from './names';
import { LiveWorkers } from './workerRecords';

export interface QueueStatus {
  readonly jobs: readonly {
    readonly run: string;
    readonly output: string;
    readonly host: string;
    readonly model: string;
    /** Segments. */
    readonly made: number;
    readonly active: number;
    readonly waiting: number;
    readonly failed: number;
  }[];
  readonly workers: readonly (Pick<WorkerRecord, 'name' | 'machine' | 'facts' | 'provider' | 'fps' | 'leftOut'> & {
    /** Seconds since its last sign of life, if these are many: it may have died. Null: it lives. */
    readonly silent: number | null;
  })[];
}

/** Several beats, and what the clocks of two machines may differ by. */
const SILENT_S = 60;

export async function queueStatus(backend: Backend): Promise<QueueStatus> {
  const parents = await (await backend.queue(RUNS)).getJobs(['waiting-children', 'waiting'], 0, 999, true);
  const jobs: QueueStatus['jobs'][number][] = [];
  for (const parent of parents) {
    const found = orNull(() => parseRun(parent?.data));
    if (found === null) continue;
    const { run, host, job, model } = found;
    const queue = await backend.queue(segmentsOf(run));
    const { completed = 0, active = 0, waiting = 0, delayed = 0, failed = 0 } = await queue.getJobCounts();
    await backend.forget(segmentsOf(run));
    const counts = { made: completed, active, waiting: waiting + delayed, failed };
    jobs.push({ run, output: job.output, host, model: model.name, ...counts });
  }
  const workers = (await new LiveWorkers(backend).read()).map(
    ({ name, machine, facts, provider, fps, leftOut, beat }) => {
      const silent = (Date.now() - beat) / 1000;
      return { ...{ name, machine, facts, provider, fps, leftOut }, silent: silent > SILENT_S ? silent : null };
    },
  );
  return { jobs, workers };
}

/** How long the process that finishes the job may take to remove it. */
const REMOVED_MS = 10_000;

/** Ends a job from any machine; its finished segments stay on the disk. False: there is no such job. */
export async function cancelRun(backend: Backend, run: string): Promise<boolean> {
  const runs = await backend.queue(RUNS);
  if (!(await runs.getJob(runId(run)))) return false;
  await endRun(backend, run);
  await untilQuiet(async () => !(await runs.getJob(runId(run))), REMOVED_MS);
  await removeRun(backend, run); // its process is gone
  return true;
}
