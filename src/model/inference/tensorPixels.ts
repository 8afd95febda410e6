import { roundHalfToEven } from '../../sampler/rounding';
import type { Tensor } from '../../sampler/tensor';
import type { Range } from '../bundle/manifest';
import type { TileBatch } from '../model';

type Picture = Tensor<Float32Array>;

/** Tile `index` of the batch as [1, 3, h, w]. */
export function toImage(
  { width, height, data }: Pick<TileBatch, 'width' | 'height' | 'data'>,
  index: number,
  depth: 8 | 16,
  [low, high]: Range,
): Picture {
  const plane = width * height;
  const picture = new Float32Array(3 * plane);
  const view = new DataView(data.buffer, data.byteOffset + (index * plane * 3 * depth) / 8);
  for (let i = 0; i < picture.length; i++) {
    const sampleAt = (i % plane) * 3 + Math.floor(i / plane);
    const value = depth === 8 ? view.getUint8(sampleAt) : view.getUint16(2 * sampleAt, true);
    picture[i] = (value / (2 ** depth - 1)) * (high - low) + low;
  }
  return { dims: [1, 3, height, width], data: picture };
}

/** [1, 3, h, w] → [h, w, 3] samples, clamped and rounded half to even. */
export function toSamples({ dims, data }: Picture, depth: 8 | 16, [low, high]: Range): Uint8Array {
  const plane = dims[2] * dims[3];
  const full = 2 ** depth - 1;
  const samples = new Uint8Array((data.length * depth) / 8);
  const view = new DataView(samples.buffer);
  for (const [i, value] of data.entries()) {
    const at = (i % plane) * 3 + Math.floor(i / plane);
    const rounded = Math.min(full, Math.max(0, roundHalfToEven(((value - low) / (high - low)) * full)));
    if (depth === 8) view.setUint8(at, rounded);
    else view.setUint16(2 * at, rounded, true);
  }
  return samples;
}
