import type { RgbImage } from '../../../model/model';
import type { Samples } from './resample';

/** The mean of every `factor` × `factor` pixels, in 8 bits. Incomplete blocks at the right and bottom are omitted. */
export function downscale({ width, height, data }: Samples, factor: number): RgbImage {
  const [columns, rows] = [Math.floor(width / factor), Math.floor(height / factor)];
  const small = new Uint8Array(columns * rows * 3);
  const sums = new Uint32Array(columns * 3);
  const whole = factor * factor * (data instanceof Uint8Array ? 1 : 257);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let line = row * factor; line < (row + 1) * factor; line++) {
      let from = line * width * 3;
      for (let column = 0; column < columns; column++) {
        for (let i = 0; i < factor; i++, from += 3) {
          sums[3 * column]! += data[from]!;
          sums[3 * column + 1]! += data[from + 1]!;
          sums[3 * column + 2]! += data[from + 2]!;
        }
      }
    }
    for (let i = 0; i < sums.length; i++) small[row * sums.length + i] = Math.round(sums[i]! / whole);
  }
  return { width: columns, height: rows, data: small };
}
