import type { Engine } from '../../src/engine/client/engine';
import type { Job, Progress } from '../../src/settings/restoreJob';
import { JobReport, type PendingState } from './jobReport';
import { type EndReason, type Outcome, ResumableJob } from './resumableJob';

/** A job of a video out node, and its listeners. */
export interface PendingJob {
  readonly job: Job;
  readonly engine: Engine;
  /** Of its queue; null: none, or that of the environment. */
  readonly queuePassword: string | null;
  readonly onProgress: (progress: Progress) => void;
  /** Called once, when the job has ended. Never for a job that `suspendAll` returns. */
  readonly onEnd: (outcome: Outcome) => void;
}

/**
 * The jobs of one video out node, in order of arrival. The engine schedules them; this list applies the user's actions.
 * Longer than a screen: every action reads or changes whether the list is paused, and nothing else may.
 */
export class PendingJobs<P extends PendingJob> {
  readonly #jobs = new Map<ResumableJob, P>();
  #isPaused = false;

  /** `onChange` is called whenever `state` may have changed. */
  constructor(private readonly onChange: () => void) {}

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** The state of the running job, or else of the first. */
  get state(): PendingState {
    return this.stateOf(this.#current);
  }

  /** Empty for an ended job. */
  stateOf(job: ResumableJob | undefined): PendingState {
    return job && this.#jobs.has(job) ? job.report.state(this.#isPaused) : { is: 'empty' };
  }

  add(pending: P): ResumableJob {
    const job = new ResumableJob(pending, new JobReport(pending.onProgress, this.onChange), (outcome) => {
      this.#jobs.delete(job);
      pending.onEnd(outcome);
      this.onChange();
    });
    this.#jobs.set(job, pending);
    if (!this.#isPaused) job.resume();
    this.onChange();
    return job;
  }

  /** Suspends all jobs until `resume`; finished segments stay. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await endAll(this.#jobs.keys(), 'pause');
    this.onChange();
  }

  resume(): void {
    this.#isPaused = false;
    for (const job of this.#jobs.keys()) job.resume();
    this.onChange();
  }

  /** Stops all jobs and discards their work. */
  async stop(): Promise<void> {
    this.#isPaused = false;
    await endAll(this.#jobs.keys(), 'stop');
  }

  /** Stops the current job; the others continue. */
  async skip(): Promise<void> {
    await this.#current?.end('stop');
  }

  /** Restarts the current job at its first frame. */
  async restart(): Promise<void> {
    if (this.#isPaused) this.resume();
    await this.#current?.end('restart');
  }

  /** Suspends and removes all jobs, because the node closes. Returns the unfinished ones. */
  async suspendAll(): Promise<readonly P[]> {
    const jobs = [...this.#jobs];
    this.#jobs.clear();
    await endAll(
      jobs.map(([job]) => job),
      'suspend',
    );
    return jobs.filter(([{ isOver }]) => !isOver).map(([, pending]) => pending);
  }

  get #current(): ResumableJob | undefined {
    const jobs = [...this.#jobs.keys()];
    return jobs.find(({ running, report }) => running && report.position === 0) ?? jobs[0];
  }
}

async function endAll(jobs: Iterable<ResumableJob>, reason: EndReason): Promise<void> {
  await Promise.all([...jobs].map((job) => job.end(reason)));
}
