import type { RgbFrame } from '../media/frame';

/** Frames of a crossfade. */
const FADE_FRAMES = 8;
/** Side of the motion detection blocks, in source pixels. */
const BLOCK = 8;
/** Differences of 255: up to the first they count as noise, from the second on as motion. */
const [STILL, MOVED] = [16, 40];

/**
 * Hides a change of the quality level. Static parts fade from the last frame of the old level to the new frames; moving
 * parts are shown at the new level at once, because a change of sharpness is not visible there, but ghosting would be.
 * Needs no inference.
 */
export type Crossfade = ReturnType<typeof crossfade>;

export function crossfade() {
  let last: Shown | null = null;
  let from: Shown | null = null;
  let count = 0;
  return {
    /** Starts a crossfade: call before the first frame of another quality level. */
    begin(): void {
      from = last;
      count = 0;
    },
    /** The pixels to show for `output`, the upscaled `source`. */
    through(source: RgbFrame, output: RgbFrame): Uint8Array {
      const isFading = from !== null && ++count <= FADE_FRAMES && isSameSize(from, { source, output });
      if (!isFading) from = null;
      const data = from ? mixed(from, source, output, count / (FADE_FRAMES + 1)) : output.data;
      last = { source, output: { width: output.width, height: output.height, data } };
      return data;
    },
  };
}

interface Shown {
  readonly source: RgbFrame;
  readonly output: RgbFrame;
}

const isSameSize = (a: Shown, b: Shown): boolean =>
  a.source.width === b.source.width &&
  a.source.height === b.source.height &&
  a.output.width === b.output.width &&
  a.output.height === b.output.height;

/** Mixes `share` of `output` with `from`; only `output` where the source has moved. */
function mixed(from: Shown, source: RgbFrame, output: RgbFrame, share: number): Uint8Array {
  const columns = Math.ceil(source.width / BLOCK);
  const motion = motionOf(from.source, source);
  const data = new Uint8Array(output.data.length);
  const [across, down] = [source.width / output.width / BLOCK, source.height / output.height / BLOCK];
  const blocks = Int32Array.from({ length: output.width }, (_, x) => Math.floor(x * across));
  const [old, next] = [from.output.data, output.data];
  for (let y = 0, at = 0; y < output.height; y++) {
    const row = Math.floor(y * down) * columns;
    for (let x = 0; x < output.width; x++) {
      const rest = (1 - share) * (1 - motion[row + blocks[x]!]!);
      for (let c = 0; c < 3; c++, at++) data[at] = next[at]! + rest * (old[at]! - next[at]!) + 0.5;
    }
  }
  return data;
}

/** 0 without motion to 1 with motion; for every block the maximum of it and its neighbours. */
function motionOf(before: RgbFrame, { width, height, data }: RgbFrame): Float32Array {
  const [columns, rows] = [Math.ceil(width / BLOCK), Math.ceil(height / BLOCK)];
  const maxDifference = new Uint8Array(columns * rows);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / BLOCK) * columns;
    for (let x = 0; x < width; x++) {
      const block = row + Math.floor(x / BLOCK);
      for (let c = 0; c < 3; c++, at++) {
        const difference = Math.abs(data[at]! - before.data[at]!);
        if (difference > maxDifference[block]!) maxDifference[block] = difference;
      }
    }
  }
  return Float32Array.from(maxDifference, (_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns)];
    let near = 0;
    for (let j = Math.max(0, y - 1); j <= Math.min(rows - 1, y + 1); j++)
      for (let k = Math.max(0, x - 1); k <= Math.min(columns - 1, x + 1); k++)
        near = Math.max(near, maxDifference[j * columns + k]!);
    return Math.min(1, Math.max(0, (near - STILL) / (MOVED - STILL)));
  });
}
