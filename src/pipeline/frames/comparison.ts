import { deferred } from '../../async/deferred';
import type { Rational, FramePixels, RgbFrame } from '../media/frame';

/** A frame before and after the model. */
export interface Pair {
  readonly before: RgbFrame;
  readonly after: RgbFrame;
  readonly pixelAspect: Rational;
}

/** Before/after images of a running job. Created only on request, so that they cost nothing while unused. */
export interface Comparison {
  /** Offers a frame before and after the model to pending requests. Keeps neither. */
  offer(before: FramePixels, after: FramePixels, pixelAspect: Rational): void;
  /** A small split image of the next frame; null after a timeout or when the job ends. */
  next(): Promise<RgbFrame | null>;
  /** The next frame before and after the model, at full size; null as in `next`. */
  pair(): Promise<Pair | null>;
  /** Resolves when it is closed, with its job. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Milliseconds; long because large models need much time per frame. */
const REQUEST_TIMEOUT = 60_000;
const WIDTH = 320;
/** Maximum height, for portrait videos. */
const MAX_HEIGHT = 640;
/** Samples per axis that are averaged for a pixel of the image. */
const SAMPLES = 4;

export function comparison(): Comparison {
  const small = new PendingRequests<RgbFrame>();
  const whole = new PendingRequests<Pair>();
  const { promise: ended, resolve: end } = deferred<void>();
  return {
    ended,
    offer(before, after, pixelAspect) {
      if (small.isWaiting) small.resolveAll(splitImage(before, after, pixelAspect));
      if (whole.isWaiting) whole.resolveAll({ before: toRgb24(before), after: toRgb24(after), pixelAspect });
    },
    next: () => small.wait(),
    pair: () => whole.wait(),
    close() {
      small.close();
      whole.close();
      end();
    },
  };
}

/** Requests that are resolved with the next value. */
class PendingRequests<T> {
  readonly #waiting = new Set<(settle: T | null) => void>();
  #isClosed = false;

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  wait(): Promise<T | null> {
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => {
      const settle = (one: T | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(one);
      };
      const timer = setTimeout(() => settle(null), REQUEST_TIMEOUT);
      this.#waiting.add(settle);
    });
  }

  resolveAll(one: T | null): void {
    for (const settle of this.#waiting) settle(one);
    this.#waiting.clear();
  }

  close(): void {
    this.#isClosed = true;
    this.resolveAll(null);
  }
}

/** A copy in rgb24, because the owner of the frame may change it. */
function toRgb24({ width, height, depth, data }: FramePixels): RgbFrame {
  if (depth === 8) return { width, height, data: data.slice() };
  return { width, height, data: Uint8Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + 1]!) };
}

/** One image: the left half before, the right half after, with a line between them. */
export function splitImage(before: FramePixels, after: FramePixels, { num, den }: Rational): RgbFrame {
  const width = WIDTH;
  const tall = Math.round((width * after.height * den) / (after.width * num) / 2) * 2;
  const height = Math.min(MAX_HEIGHT, Math.max(2, tall));
  const data = new Uint8Array(width * height * 3);
  const line = width / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      if (x === line - 1 || x === line)
        data.fill(x === line ? 255 : 0, at, at + 3); // one black and one white column are visible on any background
      else mean(x < line ? before : after, x / width, y / height, 1 / width, 1 / height, data, at);
    }
  }
  return { width, height, data };
}

/** Writes the mean colour of a rectangle, given in shares of the frame's sides, to `to` at `at`. */
function mean(
  { width, height, depth, data }: FramePixels,
  left: number,
  top: number,
  wide: number,
  high: number,
  to: Uint8Array,
  at: number,
): void {
  const bytes = depth / 8;
  let [red, green, blue] = [0, 0, 0];
  for (let j = 0; j < SAMPLES; j++) {
    const y = Math.floor((top + ((j + 0.5) / SAMPLES) * high) * height);
    for (let i = 0; i < SAMPLES; i++) {
      const x = Math.floor((left + ((i + 0.5) / SAMPLES) * wide) * width);
      const pixel = (y * width + x) * 3 * bytes + bytes - 1; // little-endian: the second byte is the high one
      red += data[pixel]!;
      green += data[pixel + bytes]!;
      blue += data[pixel + 2 * bytes]!;
    }
  }
  const count = SAMPLES * SAMPLES;
  to[at] = red / count;
  to[at + 1] = green / count;
  to[at + 2] = blue / count;
}
