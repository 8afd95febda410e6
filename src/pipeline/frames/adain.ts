import { bicubicTaps } from '../../sampler/bicubic';
import type { Frame } from '../media/frame';

interface Statistics {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * AdaIN (samplers.md §4): `output` with the mean and deviation of each channel set to those of `reference`, upscaled
 * bicubically if it is smaller. Applied to whole frames, because per-tile statistics would make the tiles visible.
 * `output.width` ÷ `reference.width` is an integer. `range`: of the samples of both, 0 being black and 1 white; then
 * both have the same size. `depth`: of the result.
 */
export function adainFrame(
  output: Frame,
  reference: Frame,
  range: readonly [number, number] = [0, 1],
  depth: 8 | 16 = output.depth,
): Frame {
  const scale = output.width / reference.width;
  const to = scale === 1 ? frameStatistics(reference, range) : upscaledStatistics(reference, scale);
  const from = frameStatistics(output, range);
  const samples = samplesOf(output);
  const fixed = depth === 8 ? new Uint8Array(samples.length) : new Uint16Array(samples.length);
  const full = 2 ** depth - 1;
  for (let channel = 0; channel < 3; channel++) {
    const [a, b] = [from[channel]!, to[channel]!];
    const table = valuesOf(output.depth, range).map((value) =>
      Math.min(full, Math.max(0, Math.round((((value - a.mean) / a.deviation) * b.deviation + b.mean) * full))),
    );
    for (let i = channel; i < samples.length; i += 3) fixed[i] = table[samples[i]!]!;
  }
  return { ...output, depth, data: new Uint8Array(fixed.buffer) };
}

const samplesOf = ({ depth, data }: Frame): Uint8Array | Uint16Array =>
  depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);

/** What each sample stands for. */
const valuesOf = (depth: 8 | 16, [low, high]: readonly [number, number]): Float64Array =>
  Float64Array.from({ length: 2 ** depth }, (_, sample) => low + ((high - low) * sample) / (2 ** depth - 1));

/** √(variance + 10⁻⁵), the variance being the unbiased one, of values of which 0 is black and 1 white. */
const statisticsFromSums = (sum: number, squares: number, count: number): Statistics => {
  const mean = sum / count;
  const variance = Math.max(0, squares - count * mean ** 2) / (count - 1);
  return { mean, deviation: Math.sqrt(variance + 1e-5) };
};

/** Per channel. */
function frameStatistics(frame: Frame, range: readonly [number, number]): readonly Statistics[] {
  const samples = samplesOf(frame);
  const values = valuesOf(frame.depth, range);
  return [0, 1, 2].map((channel) => {
    const counts = new Float64Array(values.length);
    for (let i = channel; i < samples.length; i += 3) counts[samples[i]!]!++;
    let [sum, squares] = [0, 0];
    for (const [sample, times] of counts.entries()) {
      sum += times * values[sample]!;
      squares += times * values[sample]! ** 2;
    }
    return statisticsFromSums(sum, squares, samples.length / 3);
  });
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
