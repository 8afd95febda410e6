import assert from 'node:assert/strict';
import { adainFrame } from '../../../src/pipeline/frames/adain';
import type { Frame } from '../../../src/pipeline/media/frame';
import { bicubic } from '../../sampler/reference/bicubic';
import { adain } from '../../sampler/reference/colour';
import type { Tensor } from '../../sampler/reference/tensor';

describe('adainFrame', () => {
  for (const depth of [8, 16] as const) {
    it(`equals the official one with the upscaled reference: ${depth} bit`, () => {
      const source = frame(13, 9, depth, (i) => 90 + 60 * Math.sin(i / 5) + 20 * Math.sin(i * i));
      const output = frame(52, 36, depth, (i) => 120 + 50 * Math.sin(i / 11) + 9 * Math.cos(i * i));
      const expected = adain(tensor(output), bicubic(tensor(source), 4));
      const actual = tensor(adainFrame(output, source));
      const full = 2 ** depth - 1;
      for (let i = 0; i < expected.data.length; i++) {
        const want = Math.min(1, Math.max(0, expected.data[i]!)) * full;
        assert.ok(Math.abs(actual.data[i]! * full - want) <= 0.5001, `sample ${i}`);
      }
    });
  }

  it('does not change a frame with equal statistics, and handles a uniform one', () => {
    const plain = frame(8, 8, 8, () => 77);
    assert.deepEqual(adainFrame(plain, plain).data, plain.data);
  });
});

function frame(width: number, height: number, depth: 8 | 16, value: (i: number) => number): Frame {
  const samples = Float64Array.from(
    { length: width * height * 3 },
    (_, i) => Math.round(value(i)) * (depth === 8 ? 1 : 257),
  );
  const data = depth === 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer);
  return { index: 0, pts: 0, scene: 0, width, height, depth, data };
}

function tensor({ width, height, depth, data }: Frame): Tensor<Float64Array> {
  const samples = depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const plane = width * height;
  const values = Float64Array.from(
    samples,
    (_, i) => samples[(i % plane) * 3 + Math.floor(i / plane)]! / (2 ** depth - 1),
  );
  return { dims: [1, 3, height, width], data: values };
}
