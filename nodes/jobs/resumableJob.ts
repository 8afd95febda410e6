import type { Engine, JobEvents, RunningJob } from '../../src/engine/client/engine';
import { StoppedError } from '../../src/errors';
import type { Job, Progress, Result } from '../../src/settings/restoreJob';
import type { JobReport } from './jobReport';

export type Outcome =
  | { readonly status: 'done'; readonly result: Result }
  | { readonly status: 'stopped'; readonly progress: Progress | null }
  | { readonly status: 'failed'; readonly error: unknown; readonly progress: Progress | null };

/** Why a run of a job ends. `pause` and `suspend` keep its finished segments; `stop` and `restart` discard them. */
export type EndReason = 'pause' | 'suspend' | 'stop' | 'restart';

interface Work {
  readonly job: Job;
  readonly engine: Engine;
  readonly queuePassword: string | null;
}

/** A job that its engine runs, suspends and runs again until it is over. */
export class ResumableJob {
  isOver = false;
  /** Null while the engine does not have the job. */
  running: RunningJob | null = null;
  /** Null: the end was not requested here. */
  #reason: EndReason | null = null;
  /** Whether to start again once suspended: `resume` may arrive before that. */
  #isWanted = true;
  /** Work being deleted: no run may begin before that. */
  #discards = 0;
  #ending: Promise<void> = Promise.resolve();

  /** `onOver` is called once. */
  constructor(
    private readonly work: Work,
    readonly report: JobReport,
    private readonly onOver: (outcome: Outcome) => void,
  ) {}

  /** Starts the job, or starts it again once it is suspended. Not if it is being stopped, or was suspended for a deploy. */
  resume(): void {
    if (this.#reason === 'stop' || this.#reason === 'suspend') return;
    this.#isWanted = true;
    if (!this.running && this.#discards === 0) this.#start();
  }

  /** Settles when its run has ended, or the engine is gone, and work that is not kept is deleted. A stop is final. */
  async end(reason: EndReason): Promise<void> {
    if (this.#reason !== 'stop') {
      this.#reason = reason;
      this.#isWanted = reason === 'restart';
      const isKept = reason === 'pause' || reason === 'suspend';
      const ended = isKept ? this.#suspend() : this.#discard();
      this.#ending = this.#ending.then(() => ended); // an earlier restart may still delete
    }
    await this.#ending;
  }

  async #suspend(): Promise<void> {
    if (this.running) await settled(this.running.suspend());
  }

  /** Also deletes what an earlier pause has kept, and what an engine that was killed has left. */
  async #discard(): Promise<void> {
    this.#discards++;
    if (this.running) await settled(this.running.stop());
    if (!this.isOver) await discard(this.work);
    this.#discards--;
    this.#ended(new StoppedError(false));
  }

  #start(): void {
    this.#reason = null;
    this.report.position = 0;
    const running = run(
      this.work,
      this.report.listen(() => this.running === running),
    );
    this.running = running;
    running.result.then(
      (result) => this.#over({ status: 'done', result }),
      (error: unknown) => this.running === running && this.#ended(error),
    );
  }

  #ended(error: unknown): void {
    this.running = null;
    if (this.isOver || (this.#discards > 0 && error instanceof StoppedError)) return;
    const outcome = outcomeOf(error, this.#reason, this.report.progress);
    if (outcome) this.#over(outcome);
    else if (this.#isWanted) this.#start();
  }

  #over(outcome: Outcome): void {
    this.isOver = true;
    this.running = null;
    this.onOver(outcome);
  }
}

/** A job that the engine rejects at once is one that fails. */
function run({ engine, job, queuePassword }: Work, events: JobEvents): RunningJob {
  try {
    return engine.run(job, events, queuePassword);
  } catch (error) {
    const nothing = async (): Promise<void> => {};
    return { id: '', result: Promise.reject(error), stop: nothing, suspend: nothing };
  }
}

/** Null: the job is not over, only its run. */
function outcomeOf(error: unknown, reason: EndReason | null, progress: Progress | null): Outcome | null {
  if (!(error instanceof StoppedError)) return { status: 'failed', error, progress };
  return reason === 'stop' || reason === null ? { status: 'stopped', progress } : null;
}

async function settled(end: Promise<void>): Promise<void> {
  await end.catch(() => {}); // the job's result reports the error
}

/** Deletes the work folder of the job. */
async function discard({ engine, job }: Pick<Work, 'engine' | 'job'>): Promise<void> {
  await engine.ask('discard', { output: job.output }).catch(() => {}); // stopped either way
}
