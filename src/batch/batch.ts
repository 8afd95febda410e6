import { type Deferred, deferred } from '../async/deferred';
import type { Engine, RunningJob } from '../engine/client/engine';
import { type ErrorRecord, RemasterError, StoppedError } from '../errors';
import type { BatchJob } from '../settings/batchJob';
import { type BatchFile, fail, finish, isOver, type QueuedFile } from './batchFile';
import type { BatchFolder } from './batchFolder';
import { FileQueue, type Move } from './fileQueue';
import type { FoundSources, Source } from './findSources';
import { Forecast } from './forecast';
import { FilePlanner } from './planFiles';
import { finishedBefore, runFile } from './runFile';
import { type BatchTotals, totalsOf } from './totals';

export interface BatchEvents {
  /** A file has another state. */
  readonly onFile?: (file: BatchFile, totals: BatchTotals) => void;
  /** Of a file that runs. */
  readonly onProgress?: (file: BatchFile, totals: BatchTotals) => void;
}

export interface AddOptions {
  /** Called after each file. */
  readonly onChecked?: ((done: number, of: number) => void) | undefined;
  /** These have failed and are not tried again, by their paths. */
  readonly failed?: ReadonlyMap<string, ErrorRecord>;
  /** Sources that were found broken are tried again. */
  readonly isAgain?: boolean;
}

/** What a batch works with. */
export interface BatchParts {
  /** Absolute path of the output folder. */
  readonly out: string;
  readonly folder: BatchFolder;
  readonly engine: Engine;
  /** Null: that of the environment. */
  readonly queuePassword: string | null;
  readonly settings: BatchJob;
}

/** Many files that one engine restores, in an order that may be changed meanwhile. */
export class Batch {
  readonly #queue = new FileQueue();
  readonly #planner: FilePlanner;
  readonly #forecast: Forecast;
  /** The files that are being restored; null until the engine has the job. */
  readonly #running = new Map<QueuedFile, RunningJob | null>();
  #isPaused = false;
  /** Resolves when there may be something to do. */
  #wake: Deferred<void> = deferred();

  constructor(
    private readonly parts: BatchParts,
    private readonly events: BatchEvents,
  ) {
    const { out, folder, engine, settings } = parts;
    this.#planner = new FilePlanner(out, folder.isCaseSensitive, settings, engine);
    this.#forecast = new Forecast(engine);
  }

  /** Absolute path of the output folder. */
  get out(): string {
    return this.parts.out;
  }

  /** In their order. */
  get files(): readonly BatchFile[] {
    return this.#queue.files;
  }

  get sources(): readonly Source[] {
    return this.#queue.files.flatMap(({ work }) => (work ? [work.source] : []));
  }

  get totals(): BatchTotals {
    return totalsOf(this.#queue.files, this.#forecast);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Adds files, but for those that wait or run already: names their results, and skips those that are there. One that was
   * changed since it was restored may be added again. Returns the keys of those that run.
   */
  async add(
    found: FoundSources,
    signal: AbortSignal,
    { onChecked, failed, isAgain = false }: AddOptions = {},
  ): Promise<ReadonlySet<string>> {
    const running = new Set([...this.#running.keys()].map((file) => file.work!.source.key));
    const busy = new Set(
      this.#queue.files.flatMap((file) => (file.work && !isOver(file) ? [file.work.source.key] : [])),
    );
    const sources = found.sources.filter(({ key }) => !busy.has(key));
    const files = await this.#planner.plan({ ...found, sources }, signal);
    for (const file of files) {
      const error = failed?.get(file.input);
      if (error && !isOver(file)) fail(file, RemasterError.from(error));
    }
    for (const [i, file] of files.entries()) {
      signal.throwIfAborted();
      await this.#skipIfFinished(file, isAgain);
      onChecked?.(i + 1, files.length);
    }
    this.#queue.add(files);
    for (const file of files) if (isOver(file)) this.#tell(file);
    this.#wakeUp();
    return running;
  }

  /** Measures how long the waiting files will take. Nothing is loaded where none waits. Errors: those of the model. */
  async estimate(signal: AbortSignal): Promise<void> {
    const waiting = this.#queue.files.flatMap(({ state, work }) => (state === 'waiting' && work ? [work] : []));
    await this.#forecast.measure(waiting, signal);
  }

  /**
   * Restores the waiting files. Settles when none is left; with `isOpen`, or while it is paused, only when `signal` is
   * aborted. The files that run then keep their finished segments.
   */
  async run(signal: AbortSignal, isOpen = false): Promise<void> {
    const stop = (): void => {
      this.#suspend();
      this.#wakeUp();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const { concurrency = 1 } = this.parts.settings.file;
      await Promise.all(Array.from({ length: concurrency }, () => this.#work(signal, isOpen)));
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Suspends what runs until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#suspend();
  }

  resume(): void {
    this.#isPaused = false;
    this.#wakeUp();
  }

  /** Returns false for a file that does not wait. */
  move(id: number, to: Move): boolean {
    return this.#queue.move(id, to);
  }

  /** Restores those that failed again; without an id, all. Returns how many. */
  retry(id?: number): number {
    const count = this.#queue.retry(id);
    this.#wakeUp();
    return count;
  }

  /** Forgets the files that are done. */
  clear(): void {
    this.#queue.clear();
  }

  async #work(signal: AbortSignal, isOpen: boolean): Promise<void> {
    while (!signal.aborted) {
      const file = this.#isPaused ? undefined : this.#queue.next();
      if (file) await this.#restore(file, signal);
      else if (isOpen || this.#isPaused) await this.#wake.promise;
      else return;
    }
  }

  async #restore(file: QueuedFile, signal: AbortSignal): Promise<void> {
    file.state = 'running';
    this.#running.set(file, null);
    this.#tell(file);
    try {
      const isStopped = (): boolean => signal.aborted || this.#isPaused;
      const result = await runFile(file.work!, {
        ...this.parts,
        onStart: (running) => {
          this.#running.set(file, running);
          if (isStopped()) void running.suspend();
        },
        onProgress: (progress) => {
          file.progress = progress;
          this.events.onProgress?.(file, this.totals);
        },
      });
      this.#forecast.learn(file, result.seconds!);
      finish(file, 'done', result);
    } catch (error) {
      if (!(error instanceof StoppedError)) fail(file, error);
      else Object.assign(file, { state: 'waiting', progress: null });
    } finally {
      this.#running.delete(file);
    }
    this.#tell(file);
  }

  async #skipIfFinished(file: QueuedFile, isAgain: boolean): Promise<void> {
    if (file.work === null || file.state === 'failed') return;
    try {
      const result = await finishedBefore(file.work, this.parts, isAgain);
      if (result) finish(file, 'skipped', result);
    } catch (error) {
      fail(file, error);
    }
  }

  #suspend(): void {
    for (const running of this.#running.values()) void running?.suspend();
  }

  #tell(file: QueuedFile): void {
    this.events.onFile?.(file, this.totals);
  }

  #wakeUp(): void {
    this.#wake.resolve();
    this.#wake = deferred();
  }
}
