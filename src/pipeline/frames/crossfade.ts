import type { RgbFrame } from '../media/frame';

/** Pictures over which one way of making them gives way to another. */
const LENGTH = 8;
/** Source pixels each way of the squares in which is looked for motion. */
const SQUARE = 8;
/** Levels of 255 by which a pixel of the source may differ through noise, and from which on something has moved for certain. */
const [STILL, MOVED] = [16, 40];

/**
 * Hides the moment at which pictures begin to be made in another way. Where nothing moves, the last picture of the old way gives
 * way to the new ones over a few pictures; where something moves, the new one is shown at once, for nobody sees a change of
 * sharpness there, and two pictures over each other everybody would. It costs no inference.
 */
export type Crossfade = ReturnType<typeof crossfade>;

export function crossfade() {
  let last: Shown | null = null;
  let from: Shown | null = null;
  let count = 0;
  return {
    /** From the next picture on they are made in another way. */
    begin(): void {
      from = last;
      count = 0;
    },
    /** What is to be shown of `made`, which was made of `source`. */
    through(source: RgbFrame, made: RgbFrame): Uint8Array {
      const isFading = from !== null && ++count <= LENGTH && isSameSize(from, { source, made });
      if (!isFading) from = null;
      const data = from ? mixed(from, source, made, count / (LENGTH + 1)) : made.data;
      last = { source, made: { width: made.width, height: made.height, data } };
      return data;
    },
  };
}

interface Shown {
  readonly source: RgbFrame;
  readonly made: RgbFrame;
}

const isSameSize = (a: Shown, b: Shown): boolean =>
  a.source.width === b.source.width &&
  a.source.height === b.source.height &&
  a.made.width === b.made.width &&
  a.made.height === b.made.height;

/** `share` of `made`, and of `from` what is left; but `made` alone where the source has moved since. */
function mixed(from: Shown, source: RgbFrame, made: RgbFrame, share: number): Uint8Array {
  const columns = Math.ceil(source.width / SQUARE);
  const motion = motionOf(from.source, source);
  const data = new Uint8Array(made.data.length);
  const [across, down] = [source.width / made.width / SQUARE, source.height / made.height / SQUARE];
  const squares = Int32Array.from({ length: made.width }, (_, x) => Math.floor(x * across));
  const [old, next] = [from.made.data, made.data];
  for (let y = 0, at = 0; y < made.height; y++) {
    const row = Math.floor(y * down) * columns;
    for (let x = 0; x < made.width; x++) {
      const rest = (1 - share) * (1 - motion[row + squares[x]!]!);
      for (let c = 0; c < 3; c++, at++) data[at] = next[at]! + rest * (old[at]! - next[at]!) + 0.5;
    }
  }
  return data;
}

/** 0 where nothing has moved, 1 where something has; for every square the most of it and its neighbours. */
function motionOf(before: RgbFrame, { width, height, data }: RgbFrame): Float32Array {
  const [columns, rows] = [Math.ceil(width / SQUARE), Math.ceil(height / SQUARE)];
  const most = new Uint8Array(columns * rows);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / SQUARE) * columns;
    for (let x = 0; x < width; x++) {
      const square = row + Math.floor(x / SQUARE);
      for (let c = 0; c < 3; c++, at++) {
        const difference = Math.abs(data[at]! - before.data[at]!);
        if (difference > most[square]!) most[square] = difference;
      }
    }
  }
  return Float32Array.from(most, (_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns)];
    let near = 0;
    for (let j = Math.max(0, y - 1); j <= Math.min(rows - 1, y + 1); j++)
      for (let k = Math.max(0, x - 1); k <= Math.min(columns - 1, x + 1); k++)
        near = Math.max(near, most[j * columns + k]!);
    return Math.min(1, Math.max(0, (near - STILL) / (MOVED - STILL)));
  });
}
