import { IdleTimer } from '../../async/idleTimer';
import { SerialQueue } from '../../async/serialQueue';
import type { Pair, Comparison } from '../../pipeline/frames/comparison';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { RgbFrame } from '../../pipeline/media/frame';
import { type JpegEncoder, jpegEncoder } from '../../pipeline/media/jpegEncoder';
import type { JpegPair } from '../protocol';

interface Encoders {
  readonly stop: AbortController;
  readonly before: JpegEncoder;
  readonly after: JpegEncoder;
  /** The encoders take one pair at a time. */
  readonly queue: SerialQueue;
  readonly idle: IdleTimer;
}

/** Milliseconds without a request after which the encoders of a job are closed. */
const IDLE_MS = 10_000;

/** Frames of running jobs before and after, as JPEG pairs. Encoders stay open between requests: starting one takes longer than a frame. */
export class Comparisons implements AsyncDisposable {
  readonly #open = new Map<string, Encoders>();

  constructor(private readonly previewOf: (job: string) => Promise<Comparison | null>) {}

  /** The next frame of a job; null when it ends first or does not exist. */
  async next(job: string): Promise<JpegPair | null> {
    const preview = await this.previewOf(job);
    const pair = await preview?.pair();
    if (!preview || !pair) return null;
    const encoders = this.#open.get(job) ?? (await this.#begin(job, preview));
    encoders.idle.stop();
    try {
      return await encoders.queue.run(() => encodePair(encoders, pair));
    } finally {
      encoders.idle.restart(IDLE_MS);
    }
  }

  /** Settles when all encoders have exited. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map(([job, encoders]) => this.#end(job, encoders)));
  }

  async #begin(job: string, preview: Comparison): Promise<Encoders> {
    const binary = await findFfmpeg();
    const stop = new AbortController();
    const [before, after] = [jpegEncoder(binary, stop.signal), jpegEncoder(binary, stop.signal)];
    const idle = new IdleTimer(() => void this.#end(job, encoders));
    const encoders: Encoders = { stop, before, after, queue: new SerialQueue(), idle };
    const existing = this.#open.get(job);
    if (existing) return existing; // opened by a concurrent request
    this.#open.set(job, encoders);
    void preview.ended.then(() => this.#end(job, encoders));
    return encoders;
  }

  async #end(job: string, encoders: Encoders): Promise<void> {
    encoders.idle.stop();
    if (this.#open.get(job) === encoders) this.#open.delete(job);
    encoders.stop.abort(new Error('no longer requested'));
    await Promise.all([encoders.before, encoders.after].map((encoder) => encoder[Symbol.asyncDispose]()));
  }
}

async function encodePair(encoders: Encoders, { before, after, pixelAspect }: Pair): Promise<JpegPair> {
  const [beforeJpeg, afterJpeg] = await Promise.all([
    encoders.before.encode(asStored(before)),
    encoders.after.encode(asStored(after)),
  ]);
  const aspect = (after.width * pixelAspect.num) / (after.height * pixelAspect.den);
  return { before: beforeJpeg, after: afterJpeg, aspect };
}

const asStored = ({ width, height, data }: RgbFrame) => ({ width, height, data, stored: { width, height } });
