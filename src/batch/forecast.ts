import type { Engine } from '../engine/client/engine';
import type { SourceSummary } from '../engine/protocol';
import { RemasterError } from '../errors';
import { framesOfFile } from '../settings/frameCount';
import { type Job, modelChoice } from '../settings/restoreJob';
import type { FileWork, QueuedFile } from './batchFile';
import { modelOf } from './modelNames';

/** Seconds that each job takes besides its frames: probing, the trial of the output, the checks at the end. */
const FIXED_SECONDS = 1;
/** Seconds for reading the headers of files. The work in the others is estimated by their size. */
const PROBE_SECONDS = 3;
/** Files that are tried for `auto`: the first ones may be damaged. */
const TRIES = 3;

/** How long files take: by the time of one tile, and then by the files that are done. */
export class Forecast {
  /** Source pixels of all frames, of the files that were probed, by the keys of their sources. */
  readonly #pixels = new Map<string, number>();
  /** Seconds per source pixel with the settings of each preset; null where they cannot be measured. */
  readonly #rates = new Map<object, number | null>();
  /** Of the probed files. */
  readonly #probed = { pixels: 0, bytes: 0 };
  /** Of the finished ones, in seconds. */
  readonly #finished = { expected: 0, actual: 0 };

  constructor(private readonly engine: Engine) {}

  /**
   * Measures the models and reads the headers of some files. Errors: those of the model, where no file can be restored
   * without it.
   */
  async measure(files: readonly FileWork[], signal: AbortSignal): Promise<void> {
    const failures: unknown[] = [];
    for (const { source } of files) {
      if (this.#rates.has(source.settings)) continue;
      const group = files.filter((one) => one.source.settings === source.settings);
      this.#rates.set(source.settings, await this.#rateOf(group, signal).catch(note(failures, signal)));
    }
    const isUsable = [...this.#rates.values()].some((rate) => rate !== null);
    const failure = failures.find(isOfModel);
    if (!isUsable && failure !== undefined && failures.length === this.#rates.size) throw failure;
    await this.#probe(files, signal);
  }

  /** Seconds of a whole file; null when they cannot be known. */
  secondsOf({ work }: QueuedFile): number | null {
    const expected = work && this.#expected(work);
    const { expected: all, actual } = this.#finished;
    if (all === 0 && work?.job.queue !== null) return null; // this machine says nothing about the workers of a queue
    return expected === null || all === 0 ? expected : (expected * actual) / all;
  }

  /** A file is done. */
  learn({ work }: QueuedFile, seconds: number): void {
    const expected = work && this.#expected(work);
    if (expected === null) return;
    this.#finished.expected += expected;
    this.#finished.actual += seconds;
  }

  #expected({ source }: FileWork): number | null {
    const rate = this.#rates.get(source.settings) ?? null;
    const { pixels: all, bytes } = this.#probed;
    const pixels = this.#pixels.get(source.key) ?? (bytes > 0 ? (source.bytes * all) / bytes : null);
    return rate === null || pixels === null ? null : FIXED_SECONDS + pixels * rate;
  }

  async #rateOf(files: readonly FileWork[], signal: AbortSignal): Promise<number> {
    const { job } = files[0]!;
    const model = await firstOf(files.slice(0, TRIES), (one) => modelOf(this.engine, one.job, signal));
    const choice = { ...modelChoice(job), model: model ?? job.model };
    const { ms, tile } = await this.engine.ask('test', { ...choice, steps: job.steps }, signal);
    return ms / 1000 / (tile[0] * tile[1]);
  }

  async #probe(files: readonly FileWork[], signal: AbortSignal): Promise<void> {
    const end = performance.now() + 1000 * PROBE_SECONDS;
    for (const { source, job } of spread(files)) {
      if (performance.now() > end) return;
      if (this.#pixels.has(source.key)) continue;
      const { input, sequenceRate } = job;
      const info = await this.engine.ask('probe', { input, sequenceRate }, signal).catch(() => null); // its job says why
      signal.throwIfAborted();
      const pixels = info && pixelsOf(info, job);
      if (pixels === null) continue;
      this.#pixels.set(source.key, pixels);
      this.#probed.pixels += pixels;
      this.#probed.bytes += source.bytes;
    }
  }
}

/** Source pixels that go through the model; null for an unknown length. */
function pixelsOf(info: SourceSummary, job: Job): number | null {
  const { width, height } = info;
  const frames = framesOfFile(info, job);
  const share = Math.min(1, (job.maxHeight ?? height) / height);
  return frames === null ? null : frames * width * height * share ** 2;
}

/** In an order whose every beginning is spread over the whole: by the golden ratio. */
const spread = <T>(all: readonly T[]): readonly T[] =>
  all
    .map((one, i) => ({ one, at: (i * 0.618_033_988_749_895) % 1 }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);

/** Null if all reject. */
async function firstOf<T, R>(all: readonly T[], find: (one: T) => Promise<R>): Promise<R | null> {
  for (const one of all) {
    const found = await find(one).catch(() => null); // its job says why
    if (found !== null) return found;
  }
  return null;
}

const note =
  (failures: unknown[], signal: AbortSignal) =>
  (error: unknown): null => {
    signal.throwIfAborted();
    failures.push(error);
    return null;
  };

/** Whether every file would fail with it. */
const isOfModel = (error: unknown): boolean =>
  error instanceof RemasterError && /^(MODEL_|RUNTIME_|FFMPEG_|BAD_SETTING)/.test(error.code);
