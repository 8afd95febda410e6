import { deferred } from '../../async/deferred';
import { errorRecord, StoppedError } from '../../errors';
import { type Comparison, comparison } from '../../pipeline/frames/comparison';
import { discardWork } from '../../pipeline/jobs/outputFolder';
import type { Job, Result } from '../../settings/restoreJob';
import type { Reply } from '../protocol';
import { JobQueue } from './jobQueue';

interface PendingJob {
  readonly job: Job;
  readonly queuePassword: string | null;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  readonly preview: Comparison;
  /** Whether it keeps its finished segments when it is stopped; the last request counts. */
  keep: boolean;
}

/** Runs one job to its end. */
export type RestoreJob = (
  id: string,
  job: Job,
  queuePassword: string | null,
  preview: Comparison,
  signal: AbortSignal,
) => Promise<Result>;

/** A stopped job deletes its files within this time, unless another container or host may hold its lock. */
const STOP_MS = 2000;

/** The restore jobs of the engine process: they wait in a queue and report how they end. */
export class RestoreJobs implements AsyncDisposable {
  readonly #pending = new Map<string, PendingJob>();
  readonly #queue: JobQueue;

  /** `onEnd`: called after each job. */
  constructor(
    private readonly restore: RestoreJob,
    private readonly send: (reply: Reply) => void,
    private readonly onEnd: () => void,
  ) {
    this.#queue = new JobQueue((id, position) => send({ type: 'queued', id, position }));
  }

  /** Jobs that run or wait. */
  get size(): number {
    return this.#queue.length;
  }

  preview(id: string): Comparison | null {
    return this.#pending.get(id)?.preview ?? null;
  }

  start(id: string, job: Job, queuePassword: string | null): void {
    const { promise: ended, resolve } = deferred<void>();
    const pending = { job, queuePassword, ended, abort: new AbortController(), preview: comparison(), keep: true };
    this.#pending.set(id, pending);
    this.#queue.add(id, job.concurrency, () => this.#run(id, pending).finally(resolve));
  }

  stop(id: string, keep: boolean): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    pending.keep &&= keep;
    pending.abort.abort(new StoppedError(keep));
    if (!this.#queue.remove(id)) return; // it runs, and reports its end itself
    this.#pending.delete(id);
    void discardIfStopped(pending).then(() => this.send({ type: 'stopped', id }));
    this.onEnd();
  }

  /** Suspends all jobs; settles when those that run have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.#pending.keys()) this.stop(id, true);
    await Promise.all([...this.#pending.values()].map(({ ended }) => ended));
  }

  async #run(id: string, pending: PendingJob): Promise<void> {
    const { job, queuePassword, preview, abort } = pending;
    try {
      this.send({ type: 'done', id, result: await this.restore(id, job, queuePassword, preview, abort.signal) });
    } catch (error) {
      await discardIfStopped(pending);
      this.send(abort.signal.aborted ? { type: 'stopped', id } : { type: 'failed', id, error: errorRecord(error) });
    } finally {
      this.#pending.delete(id);
      preview.close();
      setImmediate(this.onEnd); // the queue has forgotten it by then
    }
  }
}

/** A stopped job may have segments of an earlier run, even if it stopped before using them. */
async function discardIfStopped({ job, abort, keep }: PendingJob): Promise<void> {
  if (abort.signal.aborted && !keep) await discardWork(job.output, AbortSignal.timeout(STOP_MS)).catch(() => {}); // the stop is reported
}
