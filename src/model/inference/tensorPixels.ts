import type { Range } from '../bundle/manifest';
import type { TileBatch } from '../model';

/** A tensor [1, 3, height, width]. */
interface ImageTensor {
  readonly dims: readonly [n: number, c: number, h: number, w: number];
  readonly data: Float32Array;
}

/** Converts tile `index` of a batch to [1, 3, h, w] with values in `range`. */
export function toImage(
  { width, height, data }: Pick<TileBatch, 'width' | 'height' | 'data'>,
  index: number,
  depth: 8 | 16,
  [low, high]: Range,
): ImageTensor {
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  const view = new DataView(data.buffer, data.byteOffset + (index * plane * 3 * depth) / 8);
  for (let i = 0; i < values.length; i++) {
    const sampleAt = (i % plane) * 3 + Math.floor(i / plane);
    const value = depth === 8 ? view.getUint8(sampleAt) : view.getUint16(2 * sampleAt, true);
    values[i] = (value / (2 ** depth - 1)) * (high - low) + low;
  }
  return { dims: [1, 3, height, width], data: values };
}
