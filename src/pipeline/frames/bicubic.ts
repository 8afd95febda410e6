import { bicubicTaps } from '../../sampler/bicubic';
import type { RgbFrame } from '../media/frame';

/** Pixels from (left, top) up to, not including, (right, bottom). */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const TAPS = 4;

/**
 * A frame upscaled with the bicubic kernel of the models. The area `skip`, in pixels of the result, is left black for
 * the caller to fill.
 */
export function bicubicFrame({ width, height, data }: RgbFrame, scale: number, skip: Area): RgbFrame {
  const [wide, tall] = [width * scale, height * scale];
  const [columns, rows] = [flat(width, scale), flat(height, scale)];
  const result = new Uint8ClampedArray(wide * tall * 3); // rounds and clamps on assignment
  /** Lines of the source, upscaled horizontally on first use. */
  const lines = new Map<number, Float32Array>();
  const line = (y: number): Float32Array => {
    const known = lines.get(y);
    if (known) return known;
    const output = new Float32Array(wide * 3);
    for (let x = 0, at = 0; x < wide; x++) {
      for (let c = 0; c < 3; c++, at++) {
        let sum = 0;
        for (let tap = x * TAPS; tap < (x + 1) * TAPS; tap++)
          sum += columns.weights[tap]! * data[(y * width + columns.places[tap]!) * 3 + c]!;
        output[at] = sum;
      }
    }
    lines.set(y, output);
    lines.delete(y - TAPS - 1); // taps only move down
    return output;
  };
  for (let y = 0; y < tall; y++) {
    const near = (tap: number): Float32Array => line(rows.places[y * TAPS + tap]!);
    const around: Lines = [near(0), near(1), near(2), near(3)];
    const weights = rows.weights.subarray(y * TAPS, (y + 1) * TAPS);
    const isSplit = y >= skip.top && y < skip.bottom;
    const spans = isSplit ? ([[0, skip.left], [skip.right, wide]] as const) : ([[0, wide]] as const); // prettier-ignore
    for (const [from, to] of spans) weigh(around, weights, result, y * wide * 3, from * 3, to * 3);
  }
  return { width: wide, height: tall, data: new Uint8Array(result.buffer) };
}

type Lines = readonly [Float32Array, Float32Array, Float32Array, Float32Array];

/** Writes samples `from` … `to` of one line into `result`, which is changed in place. */
function weigh(
  [a, b, c, d]: Lines,
  w: Float32Array,
  result: Uint8ClampedArray,
  line: number,
  from: number,
  to: number,
) {
  const [wa, wb, wc, wd] = [w[0]!, w[1]!, w[2]!, w[3]!];
  for (let i = from; i < to; i++) result[line + i] = wa * a[i]! + wb * b[i]! + wc * c[i]! + wd * d[i]!;
}

/** The taps of a whole axis in one array. */
function flat(length: number, scale: number): { readonly places: Int32Array; readonly weights: Float32Array } {
  const taps = bicubicTaps(length, scale).flat();
  return {
    places: Int32Array.from(taps, ([index]) => index),
    weights: Float32Array.from(taps, ([, weight]) => weight),
  };
}
