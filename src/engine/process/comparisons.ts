import type { Pair, Comparison } from '../../pipeline/frames/comparison';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { RgbFrame } from '../../pipeline/media/frame';
import { type JpegEncoder, jpegEncoder } from '../../pipeline/media/jpegEncoder';
import type { JpegPair } from '../protocol';

interface Encoders {
  readonly stop: AbortController;
  readonly before: JpegEncoder;
  readonly after: JpegEncoder;
  /** They take one pair at a time. */
  last: Promise<unknown>;
  idle: NodeJS.Timeout | undefined;
}

/** Milliseconds after which encoders go when nobody asks any more. */
const IDLE = 10_000;

/** Before and after of jobs at work, as JPEGs. Encoders stay while somebody looks: starting one costs more than a picture. */
export class Comparisons {
  readonly #open = new Map<string, Encoders>();

  constructor(private readonly previewOf: (job: string) => Promise<Comparison | null>) {}

  /** Of the next frame; null when none comes, or there is no such job. */
  async next(job: string): Promise<JpegPair | null> {
    const preview = await this.previewOf(job);
    const pair = await preview?.pair();
    if (!preview || !pair) return null;
    const encoders = this.#open.get(job) ?? (await this.#begin(job, preview));
    clearTimeout(encoders.idle);
    const made = encoders.last.then(() => encoded(encoders, pair));
    encoders.last = made.catch(() => {}); // whoever asked hears of it
    try {
      return await made;
    } finally {
      clearTimeout(encoders.idle);
      encoders.idle = setTimeout(() => void this.#end(job, encoders), IDLE);
    }
  }

  /** Settles when no encoder is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map(([job, encoders]) => this.#end(job, encoders)));
  }

  async #begin(job: string, preview: Comparison): Promise<Encoders> {
    const binary = await findFfmpeg();
    const stop = new AbortController();
    const [before, after] = [jpegEncoder(binary, stop.signal), jpegEncoder(binary, stop.signal)];
    const encoders: Encoders = { stop, before, after, last: Promise.resolve(), idle: undefined };
    const found = this.#open.get(job);
    if (found) return found; // somebody else was quicker
    this.#open.set(job, encoders);
    void preview.ended.then(() => this.#end(job, encoders));
    return encoders;
  }

  async #end(job: string, encoders: Encoders): Promise<void> {
    clearTimeout(encoders.idle);
    if (this.#open.get(job) === encoders) this.#open.delete(job);
    encoders.stop.abort(new Error('nobody looks'));
    await Promise.all([encoders.before, encoders.after].map((maker) => maker[Symbol.asyncDispose]()));
  }
}

async function encoded({ before, after }: Encoders, pair: Pair): Promise<JpegPair> {
  const { pixelAspect } = pair;
  const [was, is] = await Promise.all([before.encode(asStored(pair.before)), after.encode(asStored(pair.after))]);
  const { width, height } = pair.after;
  return { before: was, after: is, aspect: (width * pixelAspect.num) / (height * pixelAspect.den) };
}

const asStored = ({ width, height, data }: RgbFrame) => ({ width, height, data, stored: { width, height } });
