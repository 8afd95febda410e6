import type { Range } from '../src/model/bundle/manifest';
import { roundHalfToEven } from '../src/sampler/rounding';
import type { Tensor } from '../test/sampler/reference/tensor';

/** [1, 3, h, w] → [h, w, 3] samples, clamped and rounded half to even. */
export function toSamples({ dims, data }: Tensor<Float32Array>, depth: 8 | 16, [low, high]: Range): Uint8Array {
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
