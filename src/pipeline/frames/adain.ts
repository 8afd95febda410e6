import { bicubicTaps } from '../../sampler/bicubic';
import type { Frame } from '../media/frame';

interface Statistics {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * AdaIN (samplers.md §4): `output` with the mean and deviation of each channel set to those of `source` upscaled to its
 * size. Applied to whole frames, because per-tile statistics would make the tiles visible. `output.width` ÷
 * `source.width` is an integer.
 */
export function adainFrame(output: Frame, source: Frame): Frame {
  const to = upscaledStatistics(source, output.width / source.width);
  const samples = samplesOf(output);
  const fixed = samples.slice();
  const full = 2 ** output.depth - 1;
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Float64Array(full + 1);
    for (let i = channel; i < samples.length; i += 3) counts[samples[i]!]!++;
    const from = statisticsOf(counts, full);
    const table = counts.map((_, value) => {
      const { mean, deviation } = to[channel]!;
      return Math.min(
        full,
        Math.max(0, Math.round((((value / full - from.mean) / from.deviation) * deviation + mean) * full)),
      );
    });
    for (let i = channel; i < samples.length; i += 3) fixed[i] = table[samples[i]!]!;
  }
  return { ...output, data: new Uint8Array(fixed.buffer) };
}

const samplesOf = ({ depth, data }: Frame): Uint8Array | Uint16Array =>
  depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);

/** √(variance + 10⁻⁵), the variance being the unbiased one, of values in 0…1. */
const statisticsFromSums = (sum: number, squares: number, count: number): Statistics => {
  const mean = sum / count;
  const variance = Math.max(0, squares - count * mean ** 2) / (count - 1);
  return { mean, deviation: Math.sqrt(variance + 1e-5) };
};

function statisticsOf(counts: Float64Array, full: number): Statistics {
  let [count, sum, squares] = [0, 0, 0];
  counts.forEach((times, value) => {
    count += times;
    sum += (times * value) / full;
    squares += times * (value / full) ** 2;
  });
  return statisticsFromSums(sum, squares, count);
}

/**
 * Per channel, of the bicubic upscaling R·X·Cᵀ, without computing it: its sum is rᵀ·X·c with the column sums of R and
 * C, and its sum of squares ⟨X, (RᵀR)·X·(CᵀC)⟩, both at the size of the source.
 */
function upscaledStatistics(source: Frame, scale: number): readonly Statistics[] {
  const { width, height, depth } = source;
  const samples = samplesOf(source);
  const full = 2 ** depth - 1;
  const [rows, columns] = [gram(height, scale), gram(width, scale)];
  return [0, 1, 2].map((channel) => {
    const x = new Float64Array(width * height);
    for (let i = 0; i < x.length; i++) x[i] = samples[3 * i + channel]! / full;
    let [sum, squares] = [0, 0];
    const wide = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) wide[i] = banded(columns.band[i % width]!, x, i, 1);
    for (let i = 0; i < x.length; i++) {
      const row = Math.floor(i / width);
      sum += x[i]! * columns.sums[i % width]! * rows.sums[row]!;
      squares += x[i]! * banded(rows.band[row]!, wide, i, width);
    }
    return statisticsFromSums(sum, squares, x.length * scale * scale);
  });
}

type Band = readonly (readonly [offset: number, weight: number])[];

function banded(band: Band, values: Float64Array, at: number, stride: number): number {
  let sum = 0;
  for (const [offset, weight] of band) sum += weight * values[at + offset * stride]!;
  return sum;
}

/**
 * AᵀA, row by row as (offset from the diagonal, weight), and the column sums of A, of the matrix A that upscales an
 * axis.
 */
function gram(length: number, scale: number): { readonly band: readonly Band[]; readonly sums: Float64Array } {
  const products = Array.from({ length }, () => new Map<number, number>());
  const sums = new Float64Array(length);
  for (const taps of bicubicTaps(length, scale)) {
    for (const [i, a] of taps) {
      sums[i]! += a;
      for (const [j, b] of taps) products[i]!.set(j - i, (products[i]!.get(j - i) ?? 0) + a * b);
    }
  }
  return { band: products.map((row) => [...row]), sums };
}
