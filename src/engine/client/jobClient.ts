import { randomUUID } from 'node:crypto';
import { RemasterError, StoppedError } from '../../errors';
import { checkJob, type Job, type Progress, type Result } from '../../settings/restoreJob';
import type { Reply } from '../protocol';
import type { Supervisor } from './supervisor';

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

export interface JobEvents {
  readonly onProgress?: (progress: Progress) => void;
  /** Position in the queue: 0 = running, 1 = next, … */
  readonly onQueued?: (position: number) => void;
}

/** Crashes without progress in between after which a job that may resume fails. */
const ATTEMPTS = 3;

interface PendingJob {
  readonly id: string;
  readonly job: Job;
  readonly events: JobEvents;
  readonly result: Promise<Result>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Set once a stop was requested. */
  stopping: StoppedError | null;
  isStarted: boolean;
  /** Most finished frames so far, and crashes since then. */
  frame: number;
  crashes: number;
}

type JobReply = Extract<Reply, { readonly type: 'queued' | 'progress' | 'done' | 'stopped' | 'failed' }>;

/** The restore jobs of an engine, on the client's side. A job that may resume survives a crash of the process. */
export class JobClient {
  readonly #pending = new Map<string, PendingJob>();

  constructor(private readonly engine: Supervisor) {}

  get size(): number {
    return this.#pending.size;
  }

  run(unchecked: Job, events: JobEvents): RunningJob {
    const job = checkJob(unchecked);
    const id = randomUUID();
    let resolve: (result: Result) => void = () => {};
    let reject: (error: Error) => void = () => {};
    const result = new Promise<Result>((...settle) => ([resolve, reject] = settle));
    result.catch(() => {}); // the caller handles it; a job that is stopped at once may not have a handler yet
    const progress = { stopping: null, isStarted: false, frame: 0, crashes: 0 };
    this.#pending.set(id, { id, job, events, result, resolve, reject, ...progress });
    this.engine.send({ type: 'job', id, job });
    return { id, result, stop: () => this.#stop(id, false), suspend: () => this.#stop(id, true) };
  }

  /** Sends every pending job to a new process. */
  resend(): void {
    for (const { id, job } of this.#pending.values()) this.engine.send({ type: 'job', id, job });
  }

  receive(reply: JobReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    switch (reply.type) {
      case 'queued':
        pending.isStarted = reply.position === 0;
        return pending.events.onQueued?.(reply.position);
      case 'progress':
        if (reply.progress.frame > pending.frame) {
          pending.frame = reply.progress.frame;
          pending.crashes = 0;
          this.engine.resetBackOff();
        }
        return pending.events.onProgress?.(reply.progress);
      case 'done':
        this.engine.resetBackOff();
        return this.#finish(pending, () => pending.resolve(reply.result));
      case 'stopped':
        return this.#finish(pending, () => pending.reject(pending.stopping ?? new StoppedError(true)));
      case 'failed':
        return this.#finish(pending, () => pending.reject(RemasterError.from(reply.error)));
    }
  }

  /** Jobs that had started fail, unless they may resume; the others stay pending. */
  onCrash(crash: RemasterError): void {
    for (const pending of this.#pending.values()) {
      if (pending.stopping) this.#finish(pending, () => pending.reject(pending.stopping!));
      else if (pending.isStarted && (!pending.job.resume || ++pending.crashes >= ATTEMPTS))
        this.#finish(pending, () => pending.reject(crash));
    }
  }

  /** Suspends all jobs. */
  async close(): Promise<void> {
    await Promise.all([...this.#pending.keys()].map((id) => this.#stop(id, true)));
  }

  async #stop(id: string, keep: boolean): Promise<void> {
    const pending = this.#pending.get(id);
    if (!pending) return;
    pending.stopping ??= new StoppedError(keep);
    if (this.engine.isUp) this.engine.send({ type: 'stop', id, keep });
    else this.#finish(pending, () => pending.reject(pending.stopping!));
    await this.engine.killIfLate(pending.result.catch(() => {})); // the caller handles `result`
  }

  #finish(pending: PendingJob, settle: () => void): void {
    this.#pending.delete(pending.id);
    settle();
    this.engine.updateRef();
  }
}
