import { deferred } from '../../async/deferred';
import { RemasterError, StoppedError } from '../../errors';
import type { Job, Progress, Result } from '../../settings/restoreJob';
import type { Reply } from '../protocol';
import { Attempts } from './attempts';

export interface JobEvents {
  readonly onProgress?: (progress: Progress) => void;
  /** Position in the queue: 0 = running, 1 = next, … */
  readonly onQueued?: (position: number) => void;
}

/** A reply about a restore job. */
export type JobReply = Extract<Reply, { readonly type: 'queued' | 'progress' | 'done' | 'stopped' | 'failed' }>;

/** What the client knows of one job that has not ended. Each method returns true if the job has ended with it. */
export class PendingJob {
  readonly #settled = deferred<Result>();
  /** Set once a stop was requested. */
  #stopping: StoppedError | null = null;
  /** Its place in the queue of the current process; null until that has answered. */
  #position: number | null = null;
  readonly #attempts = new Attempts();

  /** `onAdvance`: called when it has more frames than ever before, or is done. */
  constructor(
    readonly job: Job,
    readonly queuePassword: string | null,
    private readonly events: JobEvents,
    private readonly onAdvance: () => void,
  ) {
    this.result.catch(() => {}); // the caller handles it; a job that is stopped at once may not have a handler yet
  }

  get result(): Promise<Result> {
    return this.#settled.promise;
  }

  receive(reply: JobReply): boolean {
    switch (reply.type) {
      case 'queued':
        this.#position = reply.position;
        this.events.onQueued?.(reply.position);
        return false;
      case 'progress':
        if (this.#attempts.advanceTo(reply.progress.frame)) this.onAdvance();
        this.events.onProgress?.(reply.progress);
        return false;
      case 'done':
        this.onAdvance();
        this.#settled.resolve(reply.result);
        return true;
      case 'stopped':
        return this.#fail(this.#stopping ?? new StoppedError(true));
      case 'failed':
        return this.#fail(RemasterError.from(reply.error));
    }
  }

  /**
   * A job that waited in the queue goes to the next process. One that had started fails, unless it may resume. One that may,
   * and one that no process has ever answered, fail after several crashes.
   */
  onCrash(crash: RemasterError): boolean {
    if (this.#stopping) return this.#fail(this.#stopping);
    const position = this.#position;
    this.#position = null;
    if (position !== null && position > 0) return false;
    const isLost = (position === 0 && !this.job.resume) || this.#attempts.crash();
    return isLost && this.#fail(crash);
  }

  /** Notes that it is to stop; a stop overrides an earlier suspension. It has ended with that if no process runs it. */
  stop(keep: boolean, isSent: boolean): boolean {
    if (!this.#stopping || !keep) this.#stopping = new StoppedError(keep);
    return !isSent && this.#fail(this.#stopping);
  }

  #fail(error: Error): true {
    this.#settled.reject(error);
    return true;
  }
}
