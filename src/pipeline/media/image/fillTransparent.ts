import type { DecodedImage } from './decodeImage';

/** Three samples per pixel, and whether the colour of each pixel means anything. */
interface Level {
  readonly samples: Uint8Array | Uint16Array;
  readonly isKnown: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The colours of an image with those under alpha 0, which mean nothing and are black in most files, replaced by those of
 * the visible pixels around them. A model that saw them would mix them into the edge.
 */
export function fillTransparent({ data, alpha, width, height, depth }: DecodedImage): Uint8Array {
  if (!alpha) return data;
  const isKnown = visible(alpha, depth);
  if (!isKnown.includes(0) || !isKnown.includes(1)) return data;
  const filled = new Uint8Array(data);
  fill({ samples: depth === 8 ? filled : new Uint16Array(filled.buffer), isKnown, width, height });
  return filled;
}

/** 1 for each pixel that is not fully transparent. */
function visible(alpha: Uint8Array, depth: 8 | 16): Uint8Array {
  if (depth === 8) return alpha.map((sample) => (sample > 0 ? 1 : 0));
  return Uint8Array.from({ length: alpha.length / 2 }, (_, i) => (alpha[2 * i]! | alpha[2 * i + 1]! ? 1 : 0));
}

/**
 * Pull-push (Gortler et al. 1996, section 3.4): the mean of the known pixels in the smallest block of 2, 4, 8 … pixels
 * that has any. Changes the samples in place.
 */
function fill(level: Level): void {
  const { samples, isKnown, width, height } = level;
  if (!isKnown.includes(0)) return;
  const half = halved(level);
  fill(half);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (isKnown[pixel] === 1) continue;
      const from = 3 * ((y >> 1) * half.width + (x >> 1));
      for (let c = 0; c < 3; c++) samples[3 * pixel + c] = half.samples[from + c]!;
    }
  }
}

/** Means of the known pixels in blocks of 2×2; a block without any is unknown. */
function halved({ samples, isKnown, width, height }: Level): Level {
  const [columns, rows] = [(width + 1) >> 1, (height + 1) >> 1];
  const sums = new Uint32Array(3 * columns * rows);
  const counts = new Uint8Array(columns * rows);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (isKnown[pixel] === 0) continue;
      const block = (y >> 1) * columns + (x >> 1);
      counts[block]!++;
      for (let c = 0; c < 3; c++) sums[3 * block + c]! += samples[3 * pixel + c]!;
    }
  }
  const means = new Uint16Array(sums.length);
  for (let block = 0, i = 0; block < counts.length; block++)
    for (let c = 0; c < 3; c++, i++) means[i] = Math.round(sums[i]! / Math.max(1, counts[block]!));
  return { samples: means, isKnown: counts.map((count) => (count > 0 ? 1 : 0)), width: columns, height: rows };
}
