import type { Engine, RunningJob } from '../../src/engine/client/engine';
import { StoppedError } from '../../src/errors';
import type { Job, Progress, Result } from '../../src/settings/restoreJob';

/** One job of a video out node, and who wants to hear of it. */
export interface PendingJob {
  readonly job: Job;
  readonly engine: Engine;
  readonly onProgress: (progress: Progress) => void;
  /** Once, when the job is over. Never for a job that `leave` put aside. */
  readonly onEnd: (outcome: Outcome) => void;
}

export type Outcome =
  | { readonly status: 'done'; readonly result: Result }
  | { readonly status: 'stopped'; readonly progress: Progress | null }
  | { readonly status: 'failed'; readonly error: unknown; readonly progress: Progress | null };

/** Where a node's jobs stand, for its status: the one that runs, or else the first. */
export type JobStanding =
  | { readonly is: 'empty' }
  | { readonly is: 'paused'; readonly progress: Progress | null }
  | { readonly is: 'queued'; readonly position: number }
  | { readonly is: 'running'; readonly progress: Progress | null };

type Wish = 'pause' | 'stop' | 'restart' | 'leave';

interface Entry<O extends PendingJob> {
  readonly order: O;
  running: RunningJob | null;
  progress: Progress | null;
  /** 0 = running, 1 = next, … as the engine said last. */
  position: number;
  /** What its end means when it comes; null: nobody asked for it. */
  wish: Wish | null;
  /** `resume` came while it was still being suspended. */
  isWanted: boolean;
  isOver: boolean;
}

/**
 * The jobs of one video out node, in the order they came. The engine decides whose turn it is; this list knows what the
 * user wants of each.
 */
export class PendingJobs<O extends PendingJob> {
  #entries: Entry<O>[] = [];
  #isPaused = false;

  /** `onChange` is told whenever `standing` may have changed. */
  constructor(private readonly onChange: () => void) {}

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Files that waiting jobs will write: not free, though nothing is there yet. */
  get outputs(): readonly string[] {
    return this.#entries.map(({ order }) => order.job.output);
  }

  get standing(): JobStanding {
    return this.#standingOf(this.#current);
  }

  /** Where one job stands; empty when it is over. */
  standingOf(order: O): JobStanding {
    return this.#standingOf(this.#entries.find((entry) => entry.order === order));
  }

  /** Id of a job in its engine; null while it is not there. */
  idOf(order: O): string | null {
    return this.#entries.find((entry) => entry.order === order)?.running?.id ?? null;
  }

  add(order: O): void {
    const entry: Entry<O> = {
      order,
      running: null,
      progress: null,
      position: 0,
      wish: null,
      isWanted: true,
      isOver: false,
    };
    this.#entries.push(entry);
    if (!this.#isPaused) this.#start(entry);
    this.onChange();
  }

  /** Puts all jobs aside until `resume`; finished segments stay. */
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

  /** Ends all jobs and throws away what they have made. */
  async stop(): Promise<void> {
    this.#isPaused = false;
    await this.#end(this.#entries, 'stop');
  }

  /** Ends the job whose turn it is; the others go on. */
  async skip(): Promise<void> {
    if (this.#current) await this.#end([this.#current], 'stop');
  }

  /** Ends one job, whether or not it is its turn; the others go on. */
  async drop(order: O): Promise<void> {
    await this.#end(
      this.#entries.filter((entry) => entry.order === order),
      'stop',
    );
  }

  /** Begins the job whose turn it is again at its first frame. */
  async restart(): Promise<void> {
    if (this.#isPaused) this.resume();
    if (this.#current) await this.#end([this.#current], 'restart');
  }

  /** Suspends all jobs and forgets them, for the node is going away. Answers with those that were not over. */
  async leave(): Promise<readonly O[]> {
    const entries = this.#entries;
    this.#entries = [];
    await this.#end(entries, 'leave');
    return entries.filter(({ isOver }) => !isOver).map(({ order }) => order);
  }

  #standingOf(entry: Entry<O> | undefined): JobStanding {
    if (!entry) return { is: 'empty' };
    if (this.#isPaused) return { is: 'paused', progress: entry.progress };
    if (entry.position === 0) return { is: 'running', progress: entry.progress };
    return { is: 'queued', position: entry.position };
  }

  get #current(): Entry<O> | undefined {
    return this.#entries.find(({ running, position }) => running && position === 0) ?? this.#entries[0];
  }

  async #end(entries: readonly Entry<O>[], wish: Wish): Promise<void> {
    await Promise.allSettled(
      entries.map(async (entry) => {
        entry.wish = wish;
        entry.isWanted = wish === 'restart';
        if (!entry.running) {
          const { engine, job } = entry.order;
          if (wish === 'stop' || wish === 'restart')
            await engine.ask('discard', { output: job.output }).catch(() => {}); // the stop is the news
          this.#ended(entry, new StoppedError(true));
        } else if (wish === 'stop' || wish === 'restart') await entry.running.stop();
        else await entry.running.suspend();
      }),
    );
  }

  #start(entry: Entry<O>): void {
    entry.wish = null;
    entry.position = 0;
    const running = entry.order.engine.run(entry.order.job, {
      onProgress: (progress) => {
        if (entry.running !== running) return;
        entry.progress = progress;
        entry.order.onProgress(progress);
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

  #ended(entry: Entry<O>, error: unknown): void {
    entry.running = null;
    const { progress, wish } = entry;
    if (entry.isOver) return;
    if (!(error instanceof StoppedError)) this.#over(entry, { status: 'failed', error, progress });
    else if (wish === 'stop' || wish === null) this.#over(entry, { status: 'stopped', progress });
    else if (wish !== 'leave' && entry.isWanted) this.#start(entry);
  }

  #over(entry: Entry<O>, outcome: Outcome): void {
    entry.isOver = true;
    entry.running = null;
    this.#entries = this.#entries.filter((other) => other !== entry);
    entry.order.onEnd(outcome);
    this.onChange();
  }
}
