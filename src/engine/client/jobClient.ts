import { randomUUID } from 'node:crypto';
import type { RemasterError } from '../../errors';
import { discardWork } from '../../pipeline/jobs/outputFolder';
import { checkJob, type Job, type Result } from '../../settings/restoreJob';
import { type JobEvents, type JobReply, PendingJob } from './pendingJob';
import type { Supervisor } from './supervisor';

export type { JobEvents } from './pendingJob';

/** A job that was sent to an engine. */
export interface RunningJob {
  readonly id: string;
  /** Rejects with a RemasterError, or with a StoppedError after `stop` or `suspend`. */
  readonly result: Promise<Result>;
  /** Stops the job and deletes everything it has written. Settles within about 3 s. */
  stop(): Promise<void>;
  /** Stops the job and keeps finished segments if it may resume. Settles within about 3 s. */
  suspend(): Promise<void>;
}

/** What a process that has exited left of a job is deleted within this time, unless another job holds its lock. */
const DISCARD_MS = 2000;

/** The restore jobs of an engine, on the client's side. A job that may resume survives a crash of the process. */
export class JobClient {
  readonly #pending = new Map<string, PendingJob>();

  constructor(private readonly engine: Supervisor) {}

  get size(): number {
    return this.#pending.size;
  }

  run(unchecked: Job, events: JobEvents, queuePassword: string | null): RunningJob {
    const job = checkJob(unchecked);
    const id = randomUUID();
    const pending = new PendingJob(job, queuePassword, events, () => this.engine.resetBackOff());
    this.#pending.set(id, pending);
    this.engine.send({ type: 'job', id, job, queuePassword });
    return { id, result: pending.result, stop: () => this.#stop(id, false), suspend: () => this.#stop(id, true) };
  }

  /** Sends every pending job to a new process. */
  resend(): void {
    for (const [id, { job, queuePassword }] of this.#pending) this.engine.send({ type: 'job', id, job, queuePassword });
  }

  receive(reply: JobReply): void {
    if (this.#pending.get(reply.id)?.receive(reply)) this.#forget(reply.id);
  }

  onCrash(crash: RemasterError): void {
    for (const [id, pending] of this.#pending) if (pending.onCrash(crash)) this.#forget(id);
  }

  /** Suspends all jobs. */
  async close(): Promise<void> {
    await Promise.all([...this.#pending.keys()].map((id) => this.#stop(id, true)));
  }

  async #stop(id: string, keep: boolean): Promise<void> {
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (pending.stop(keep, this.engine.isUp)) this.#forget(id);
    else this.engine.send({ type: 'stop', id, keep });
    await this.engine.killIfLate(pending.result.catch(() => {})); // the caller handles `result`
    // A process that was killed or had crashed has not deleted it.
    if (!keep) await discardWork(pending.job.output, AbortSignal.timeout(DISCARD_MS)).catch(() => {}); // the stop is reported
  }

  #forget(id: string): void {
    this.#pending.delete(id);
    this.engine.updateRef();
  }
}
