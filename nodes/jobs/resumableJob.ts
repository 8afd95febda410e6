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

  /** `onOver` is called once. */
  constructor(
    private readonly work: Work,
    readonly report: JobReport,
    private readonly onOver: (outcome: Outcome) => void,
  ) {}

  /** Starts the job, or starts it again once it is suspended. */
  resume(): void {
    this.#isWanted = true;
    if (!this.running) this.#start();
  }

  /** Resolves when the engine has let the job go, or is gone. */
  async end(reason: EndReason): Promise<void> {
    this.#reason = reason;
    this.#isWanted = reason === 'restart';
    const isKept = reason === 'pause' || reason === 'suspend';
    if (this.running) return letGo(this.running, isKept);
    if (!isKept) await discard(this.work);
    this.#ended(new StoppedError(true));
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
      (error: unknown) => this.#ended(error),
    );
  }

  #ended(error: unknown): void {
    this.running = null;
    if (this.isOver) return;
    const outcome = outcomeOf(error, this.#reason, this.report.progress);
    if (outcome) this.#over(outcome);
    else if (this.#reason !== 'suspend' && this.#isWanted) this.#start();
  }

  #over(outcome: Outcome): void {
    this.isOver = true;
    this.running = null;
    this.onOver(outcome);
  }
}

/** A job that the engine rejects at once is one that fails. */
function run({ engine, job }: Work, events: JobEvents): RunningJob {
  try {
    return engine.run(job, events);
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

async function letGo(running: RunningJob, isKept: boolean): Promise<void> {
  await (isKept ? running.suspend() : running.stop()).catch(() => {}); // the job's result reports the error
}

/** Removes what a pause has kept. */
async function discard({ engine, job }: Work): Promise<void> {
  await engine.ask('discard', { output: job.output }).catch(() => {}); // stopped either way
}
