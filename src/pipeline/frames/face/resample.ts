import { scaleOf, type Similarity } from './align';

/** R′G′B′ samples, [height, width, 3], of 8 or 16 bits. */
export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

/** A rectangle of the output image, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The pixels of `region` after a similarity with the inverse `toSource`. Keys' kernel (a = −½), widened for downscaling
 * to avoid aliasing. Outside the source everything is grey, as in facexlib (a mirrored face could be detected as
 * another face), after its edge has been repeated as far as the kernel of the inverse reaches.
 */
export function resample(source: Samples, toSource: Similarity, region: Region): Samples {
  const { width, height, data } = source;
  const wide = Math.max(1, scaleOf(toSource));
  const [x, y] = [taps(wide), taps(wide)];
  const output = new (data instanceof Uint8Array ? Uint8ClampedArray : Float64Array)(region.width * region.height * 3);
  const { a, b, dx, dy } = toSource;
  const reach = 2 * wide + 0.5;
  const grey = data instanceof Uint8Array ? 134 : 134 * 257;
  for (let row = 0, to = 0; row < region.height; row++) {
    for (let column = 0; column < region.width; column++, to += 3) {
      const [u, v] = [region.left + column, region.top + row];
      const [s, t] = [a * u - b * v + dx, b * u + a * v + dy];
      if (!(s >= -reach && s <= width - 1 + reach && t >= -reach && t <= height - 1 + reach)) {
        output.fill(grey, to, to + 3);
        continue;
      }
      x.place(s, width);
      y.place(t, height);
      let [red, green, blue] = [0, 0, 0];
      for (let j = 0; j < y.count; j++) {
        const line = y.at[j]! * width;
        const down = y.weight[j]!;
        for (let i = 0; i < x.count; i++) {
          const weight = down * x.weight[i]!;
          const from = (line + x.at[i]!) * 3;
          red += weight * data[from]!;
          green += weight * data[from + 1]!;
          blue += weight * data[from + 2]!;
        }
      }
      output[to] = red;
      output[to + 1] = green;
      output[to + 2] = blue;
    }
  }
  return { width: region.width, height: region.height, data: toSamples(output) };
}

/** Mirrors an image horizontally. */
export function mirrored({ width, height, data }: Samples): Samples {
  const output = data.slice();
  for (let i = 0; i < width * height; i++) {
    const from = (i - (i % width) + width - 1 - (i % width)) * 3;
    for (let c = 0; c < 3; c++) output[i * 3 + c] = data[from + c]!;
  }
  return { width, height, data: output };
}

/** The source pixels of a position on one axis, and their weights, which sum to 1. `place` changes the arrays. */
function taps(wide: number) {
  const count = 2 * Math.ceil(2 * wide);
  const at = new Int32Array(count);
  const weight = new Float64Array(count);
  return {
    count,
    at,
    weight,
    place(where: number, length: number): void {
      const first = Math.floor(where) - count / 2 + 1;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        at[i] = Math.min(length - 1, Math.max(0, first + i));
        sum += weight[i] = keys(Math.abs(first + i - where) / wide);
      }
      for (let i = 0; i < count; i++) weight[i]! /= sum;
    },
  };
}

/** Keys 1981, eq. 4 with a = −½: exact for parabolas. */
function keys(d: number): number {
  if (d >= 2) return 0;
  return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2;
}

/** Rounded half to even at 8 bits, as a clamped array does; half up at 16. */
function toSamples(output: Uint8ClampedArray | Float64Array): Uint8Array | Uint16Array {
  if (output instanceof Uint8ClampedArray) return new Uint8Array(output.buffer);
  return Uint16Array.from(output, (value) => Math.min(65535, Math.max(0, Math.round(value))));
}
