import assert from 'node:assert/strict';
import { adainFrame } from '../../../src/pipeline/frames/adain';
import type { Frame } from '../../../src/pipeline/media/frame';
import { golden, type Stored } from '../../sampler/golden';
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

  describe('with DoSSR', () => {
    const official = golden<Readonly<Record<'lq' | 'cond_img' | 'decoded' | 'adain', Stored>>>('dossr_adain');
    /** As a model with a reference returns it. */
    const wide = (stored: Stored) => frameOf(stored, [-1, 2], 16);
    const levels = (output: Frame, reference: Frame, range?: readonly [number, number]) =>
      adainFrame(output, reference, range, 8).data;
    const expected = frameOf(official.adain, [0, 1], 8).data;
    const largest = (found: Uint8Array): number => Math.max(...found.map((v, i) => Math.abs(v - expected[i]!)));

    it('equals the official one, whose reference is the pre-restored image', () => {
      assert.ok(largest(levels(wide(official.decoded), wide(official.cond_img), [-1, 2])) <= 1);
    });

    it('would differ with the upscaled source, or if what overshoots were cut off before', () => {
      const narrow = (stored: Stored) => frameOf(stored, [0, 1], 8);
      assert.ok(largest(levels(narrow(official.decoded), narrow(official.lq))) > 5);
      assert.ok(largest(levels(narrow(official.decoded), narrow(official.cond_img))) > 5);
    });
  });

  it('does not change a frame with equal statistics, and handles a uniform one', () => {
    const plain = frame(8, 8, 8, () => 77);
    assert.deepEqual(adainFrame(plain, plain).data, plain.data);
  });
});

/** Samples for the values of a stored tensor; `range` is that of the samples. */
function frameOf({ shape, data }: Stored, [low, high]: readonly [number, number], depth: 8 | 16): Frame {
  const [, , height, width] = shape;
  const plane = width! * height!;
  const full = 2 ** depth - 1;
  const samples = Float64Array.from(data, (_, i) => {
    const value = data[(i % 3) * plane + Math.floor(i / 3)]!;
    return Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * full);
  });
  const bytes = depth === 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer);
  return { index: 0, pts: 0, scene: 0, width: width!, height: height!, depth, data: bytes };
}

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
