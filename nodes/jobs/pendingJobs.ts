import type { Engine, RunningJob } from '../../src/engine/client/engine';
import { StoppedError } from '../../src/errors';
import type { Job, Progress, Result } from '../../src/settings/restoreJob';

/** A job of a video out node, and its listeners. */
export interface PendingJob {
  readonly job: Job;
  readonly engine: Engine;
  readonly onProgress: (progress: Progress) => void;
  /** Called once, when the job has ended. Never for a job that `suspendAll` returns. */
  readonly onEnd: (outcome: Outcome) => void;
}

export type Outcome =
  | { readonly status: 'done'; readonly result: Result }
  | { readonly status: 'stopped'; readonly progress: Progress | null }
  | { readonly status: 'failed'; readonly error: unknown; readonly progress: Progress | null };

export type PendingState =
  | { readonly is: 'empty' }
  | { readonly is: 'paused'; readonly progress: Progress | null }
  | { readonly is: 'queued'; readonly position: number }
  | { readonly is: 'running'; readonly progress: Progress | null };

type EndReason = 'pause' | 'stop' | 'restart' | 'suspend';

interface Entry<P extends PendingJob> {
  readonly pending: P;
  running: RunningJob | null;
  progress: Progress | null;
  /** 0 = running, 1 = next, …; the last position that the engine reported. */
  position: number;
  /** Why the job is being ended; null: not requested here. */
  reason: EndReason | null;
  /** Whether to start again once suspended: `resume` may arrive before that. */
  isWanted: boolean;
  isOver: boolean;
}

/** The jobs of one video out node, in order of arrival. The engine schedules them; this list applies the user's actions. */
export class PendingJobs<P extends PendingJob> {
  #entries: Entry<P>[] = [];
  #isPaused = false;

  /** `onChange` is called whenever `state` may have changed. */
  constructor(private readonly onChange: () => void) {}

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** The state of the running job, or else of the first. */
  get state(): PendingState {
    return this.#stateOf(this.#current);
  }

  /** Empty for an ended job. */
  stateOf(pending: P): PendingState {
    return this.#stateOf(this.#entries.find((entry) => entry.pending === pending));
  }

  /** Id of a job in its engine; null while the engine does not have it. */
  idOf(pending: P): string | null {
    return this.#entries.find((entry) => entry.pending === pending)?.running?.id ?? null;
  }

  add(pending: P): void {
    const entry: Entry<P> = {
      pending,
      running: null,
      progress: null,
      position: 0,
      reason: null,
      isWanted: true,
      isOver: false,
    };
    this.#entries.push(entry);
    if (!this.#isPaused) this.#start(entry);
    this.onChange();
  }

  /** Suspends all jobs until `resume`; finished segments stay. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#end(this.#entries, 'pause');
    this.onChange();
  }

  resume(): void {
    this.#isPaused = false;
    for (const entry of this.#entries) {
      entry.isWanted = true;
      if (!entry.running) this.#start(entry);
    }
    this.onChange();
  }

  /** Stops all jobs and discards their work. */
  async stop(): Promise<void> {
    this.#isPaused = false;
    await this.#end(this.#entries, 'stop');
  }

  /** Stops the current job; the others continue. */
  async skip(): Promise<void> {
    if (this.#current) await this.#end([this.#current], 'stop');
  }

  /** Stops one job; the others continue. */
  async stopOne(pending: P): Promise<void> {
    await this.#end(
      this.#entries.filter((entry) => entry.pending === pending),
      'stop',
    );
  }

  /** Restarts the current job at its first frame. */
  async restart(): Promise<void> {
    if (this.#isPaused) this.resume();
    if (this.#current) await this.#end([this.#current], 'restart');
  }

  /** Suspends and removes all jobs, because the node closes. Returns the unfinished ones. */
  async suspendAll(): Promise<readonly P[]> {
    const entries = this.#entries;
    this.#entries = [];
    await this.#end(entries, 'suspend');
    return entries.filter(({ isOver }) => !isOver).map(({ pending }) => pending);
  }

  #stateOf(entry: Entry<P> | undefined): PendingState {
    if (!entry) return { is: 'empty' };
    if (this.#isPaused) return { is: 'paused', progress: entry.progress };
    if (entry.position === 0) return { is: 'running', progress: entry.progress };
    return { is: 'queued', position: entry.position };
  }

  get #current(): Entry<P> | undefined {
    return this.#entries.find(({ running, position }) => running && position === 0) ?? this.#entries[0];
  }

  async #end(entries: readonly Entry<P>[], reason: EndReason): Promise<void> {
    await Promise.allSettled(
      entries.map(async (entry) => {
        entry.reason = reason;
        entry.isWanted = reason === 'restart';
        const isDiscarded = reason === 'stop' || reason === 'restart';
        if (entry.running) return isDiscarded ? entry.running.stop() : entry.running.suspend();
        const { engine, job } = entry.pending;
        if (isDiscarded) await engine.ask('discard', { output: job.output }).catch(() => {}); // stopped either way
        this.#ended(entry, new StoppedError(true));
      }),
    );
  }

  #start(entry: Entry<P>): void {
    entry.reason = null;
    entry.position = 0;
    const { engine, job, onProgress } = entry.pending;
    const running = engine.run(job, {
      onProgress: (progress) => {
        if (entry.running !== running) return;
        entry.progress = progress;
        onProgress(progress);
        this.onChange();
      },
      onQueued: (position) => {
        entry.position = position;
        this.onChange();
      },
    });
    entry.running = running;
    running.result.then(
      (result) => this.#over(entry, { status: 'done', result }),
      (error: unknown) => this.#ended(entry, error),
    );
  }

  #ended(entry: Entry<P>, error: unknown): void {
    entry.running = null;
    const { progress, reason } = entry;
    if (entry.isOver) return;
    if (!(error instanceof StoppedError)) this.#over(entry, { status: 'failed', error, progress });
    else if (reason === 'stop' || reason === null) this.#over(entry, { status: 'stopped', progress });
    else if (reason !== 'suspend' && entry.isWanted) this.#start(entry);
  }

  #over(entry: Entry<P>, outcome: Outcome): void {
    entry.isOver = true;
    entry.running = null;
    this.#entries = this.#entries.filter((other) => other !== entry);
    entry.pending.onEnd(outcome);
    this.onChange();
  }
}
