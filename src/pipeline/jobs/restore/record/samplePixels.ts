import type { FramePixels } from '../../../media/frame';

/** A sample every so many frames: 3 KB each, 10 MB for two hours. */
export const SAMPLE_EVERY = 50;
const COLUMNS = 32;
const ROWS = 24;

/** Evenly spread pixels of a frame, their bytes in order: what another machine made can be compared with them. */
export function samplePixels({ width, height, depth, data }: FramePixels): Buffer {
  const pixel = (3 * depth) / 8;
  const sample = Buffer.alloc(COLUMNS * ROWS * pixel);
  for (let row = 0, to = 0; row < ROWS; row++) {
    const y = Math.floor(((row + 0.5) * height) / ROWS);
    for (let column = 0; column < COLUMNS; column++, to += pixel) {
      const from = (y * width + Math.floor(((column + 0.5) * width) / COLUMNS)) * pixel;
      sample.set(data.subarray(from, from + pixel), to);
    }
  }
  return sample;
}

/** PSNR in dB between two samples; null where they have not the same size. */
export function samplePsnr(a: Buffer, b: Buffer, depth: 8 | 16): number | null {
  if (a.length !== b.length || a.length !== (COLUMNS * ROWS * 3 * depth) / 8) return null;
  const [values, others] = [a, b].map((bytes) => valuesOf(bytes, depth));
  const sum = values!.reduce((total, value, i) => total + (value - others![i]!) ** 2, 0);
  const peak = depth === 8 ? 255 : 65_535;
  return sum === 0 ? Infinity : 10 * Math.log10((peak ** 2 * values!.length) / sum);
}

const valuesOf = (bytes: Buffer, depth: 8 | 16): readonly number[] =>
  depth === 8 ? [...bytes] : Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
