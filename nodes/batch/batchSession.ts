import type { BatchEvents } from '../../src/batch/batch';
import type { BatchInput } from '../../src/batch/findSources';
import { type FindOptions, type OpenBatch, openBatch } from '../../src/batch/openBatch';
import { untilOneFails } from '../../src/batch/untilOneFails';
import type { Engine } from '../../src/engine/client/engine';
import type { BatchJob } from '../../src/settings/batchJob';

/** One run of a batch: from its first file until none is left, or it is stopped. It holds the lock of its folder. */
export class BatchSession {
  readonly #abort = new AbortController();
  #inputs: readonly BatchInput[] = [];
  #isRunning = false;

  private constructor(
    readonly open: OpenBatch,
    readonly isWatching: boolean,
  ) {}

  /** Errors: OUTPUT_BUSY, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, DISK_FULL. */
  static async open(
    settings: BatchJob,
    engine: Engine,
    events: BatchEvents,
    queuePassword: string | null,
  ): Promise<BatchSession> {
    const open = await openBatch(settings, engine, events, new AbortController().signal, queuePassword);
    return new BatchSession(open, settings.batch.watch);
  }

  get isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  async add(inputs: readonly BatchInput[], options: FindOptions): Promise<void> {
    this.#inputs = [...this.#inputs, ...inputs];
    const { signal } = this.#abort;
    await this.open.add(inputs, signal, options);
    // The time of files that come later is an estimate for the sidebar: without it, the others have one.
    if (this.#isRunning) void this.open.batch.estimate(signal).catch(() => {});
  }

  /** Settles when no file is left; where folders are watched, only when it is stopped. Errors: those of the model. */
  async run(): Promise<void> {
    const { batch } = this.open;
    const { signal } = this.#abort;
    this.#isRunning = true;
    try {
      await batch.estimate(signal);
      await untilOneFails(signal, [
        (both) => batch.run(both, this.isWatching),
        async (both) => this.isWatching && this.open.watch(() => this.#inputs, both),
      ]);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  stop(): void {
    this.#abort.abort(new Error('stopped'));
  }

  /** Writes the reports and releases the folder. Errors: OUTPUT_UNWRITABLE, DISK_FULL. */
  async end(): Promise<void> {
    try {
      await this.open.report();
    } finally {
      await this.open[Symbol.asyncDispose]();
    }
  }
}
