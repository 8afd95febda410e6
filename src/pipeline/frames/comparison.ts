import type { Rational, FramePixels, RgbFrame } from '../media/frame';

/** A frame and what became of it, whole. */
export interface Pair {
  readonly before: RgbFrame;
  readonly after: RgbFrame;
  readonly pixelAspect: Rational;
}

/** Pictures of a job at work. They are made only when somebody asks, so they cost nothing while nobody looks. */
export interface Comparison {
  /** Takes a frame and what became of it, if somebody waits for one. Keeps neither. */
  offer(before: FramePixels, after: FramePixels, pixelAspect: Rational): void;
  /** Both in one small picture, of the next frame that is done; null when none comes for long, or the job ends. */
  next(): Promise<RgbFrame | null>;
  /** Both as they are, in the same way. */
  pair(): Promise<Pair | null>;
  /** Settles when it is closed: with its job. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Milliseconds after which whoever asked is sent away: large models need long for one frame. */
const PATIENCE = 60_000;
const WIDTH = 320;
/** Tallest preview: films made upright on a telephone, and no taller. */
const TALLEST = 640;
/** Samples each way, at most, of which a pixel of the preview is the mean. */
const SAMPLES = 4;

export function comparison(): Comparison {
  const small = new Askers<RgbFrame>();
  const whole = new Askers<Pair>();
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    ended,
    offer(before, after, pixelAspect) {
      if (small.areThere) small.tell(splitImage(before, after, pixelAspect));
      if (whole.areThere) whole.tell({ before: eightBit(before), after: eightBit(after), pixelAspect });
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

/** Those who wait for one of something. */
class Askers<T> {
  readonly #waiting = new Set<(answer: T | null) => void>();
  #isClosed = false;

  get areThere(): boolean {
    return this.#waiting.size > 0;
  }

  wait(): Promise<T | null> {
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => {
      const answer = (one: T | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(answer);
        resolve(one);
      };
      const timer = setTimeout(() => answer(null), PATIENCE);
      this.#waiting.add(answer);
    });
  }

  tell(one: T | null): void {
    for (const answer of this.#waiting) answer(one);
    this.#waiting.clear();
  }

  close(): void {
    this.#isClosed = true;
    this.tell(null);
  }
}

/** A copy in rgb24: whoever owns the frame goes on working with it. */
function eightBit({ width, height, depth, data }: FramePixels): RgbFrame {
  if (depth === 8) return { width, height, data: data.slice() };
  return { width, height, data: Uint8Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + 1]!) };
}

/** One picture: its left half as it was, its right half as it is now, and a line between them. */
export function splitImage(before: FramePixels, after: FramePixels, { num, den }: Rational): RgbFrame {
  const width = WIDTH;
  const tall = Math.round((width * after.height * den) / (after.width * num) / 2) * 2;
  const height = Math.min(TALLEST, Math.max(2, tall));
  const data = new Uint8Array(width * height * 3);
  const line = width / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      if (x === line - 1 || x === line)
        data.fill(x === line ? 255 : 0, at, at + 3); // one of them is seen on any ground
      else mean(x < line ? before : after, x / width, y / height, 1 / width, 1 / height, data, at);
    }
  }
  return { width, height, data };
}

/** Writes the mean colour of a part of the frame, given in shares of its sides, into `to` at `at`. */
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
      const pixel = (y * width + x) * 3 * bytes + bytes - 1; // of two bytes, the second is the high one
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
