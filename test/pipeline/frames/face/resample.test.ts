import assert from 'node:assert/strict';
import { inverted } from '../../../../src/pipeline/frames/face/align';
import { downscale } from '../../../../src/pipeline/frames/face/downscale';
import { mirrored, resample, type Samples } from '../../../../src/pipeline/frames/face/resample';
import { astronaut, psnr } from './images';

function noise(width: number, height: number, depth: 8 | 16): Samples {
  const value = (_: number, i: number): number => ((i * 7919) ^ (i >> 3)) % (depth === 8 ? 256 : 65536);
  const length = width * height * 3;
  return { width, height, data: (depth === 8 ? new Uint8Array(length) : new Uint16Array(length)).map(value) };
}

const whole = ({ width, height }: Samples) => ({ left: 0, top: 0, width, height });
const pixel = ({ width, data }: Samples, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe('resample', () => {
  for (const depth of [8, 16] as const) {
    it(`the identity is bit-exact, ${depth} bit`, () => {
      const source = noise(31, 17, depth);
      assert.deepEqual(resample(source, { a: 1, b: 0, dx: 0, dy: 0 }, whole(source)), source);
    });

    it(`a shift by whole pixels and a rotation by 90° are exact, ${depth} bit`, () => {
      const source = noise(31, 17, depth);
      const shifted = resample(source, { a: 1, b: 0, dx: 4, dy: 9 }, { left: 2, top: 1, width: 5, height: 3 });
      assert.deepEqual(pixel(shifted, 4, 2), pixel(source, 10, 12));
      const turned = resample(source, { a: 0, b: 1, dx: 30, dy: 0 }, { left: 0, top: 0, width: 17, height: 31 });
      assert.deepEqual(pixel(turned, 3, 5), pixel(source, 25, 3));
    });

    it(`a linear gradient stays linear at any scale, ${depth} bit`, () => {
      const step = depth === 8 ? 2 : 500;
      const data = (depth === 8 ? new Uint8Array(100 * 40 * 3) : new Uint16Array(100 * 40 * 3)).map(
        (_, i) => step * (Math.floor(i / 3) % 100),
      );
      const source = { width: 100, height: 40, data };
      for (const a of [0.37, 1, 3]) {
        const output = resample(source, { a, b: 0, dx: 20, dy: 15 }, { left: 0, top: 0, width: 12, height: 3 });
        for (let x = 0; x < 12; x++)
          assert.ok(Math.abs(pixel(output, x, 1)[0]! - step * (20 + a * x)) <= 1, `${a} ${x}`);
      }
    });
  }

  it('mirrored swaps left and right', () => {
    const source = noise(5, 3, 8);
    const output = mirrored(source);
    assert.deepEqual(pixel(output, 1, 2), pixel(source, 3, 2));
    assert.deepEqual(mirrored(output), source);
  });

  it('is grey far outside the source and repeats its edge nearby', () => {
    const source = { width: 4, height: 4, data: new Uint8Array(48).fill(7) };
    const output = resample(source, { a: 1, b: 0, dx: 0, dy: 0 }, { left: -6, top: 0, width: 16, height: 4 });
    assert.deepEqual(
      Array.from({ length: 16 }, (_, x) => pixel(output, x, 2)[0]),
      [134, 134, 134, 134, 7, 7, 7, 7, 7, 7, 7, 7, 134, 134, 134, 134],
    );
  });

  it('an image scaled, rotated and mapped back is nearly the same', async () => {
    const source = await astronaut(256);
    const there = { a: 1.9 * Math.cos(0.5), b: 1.9 * Math.sin(0.5), dx: 200, dy: 10 };
    const large = resample(source, inverted(there), { left: 0, top: 0, width: 700, height: 700 });
    const back = resample(large, there, whole(source));
    assert.ok(psnr(source, back, 20) > 36, `${psnr(source, back, 20)} dB`);
  });

  it('downscale takes the mean of whole blocks, in 8 bits', () => {
    const eight = { width: 5, height: 2, data: new Uint8Array(30).map((_, i) => i) };
    assert.deepEqual([...downscale(eight, 2).data], [9, 10, 11, 15, 16, 17]);
    const sixteen = { width: 5, height: 2, data: new Uint16Array(30).map((_, i) => i * 257) };
    assert.deepEqual(downscale(sixteen, 2), downscale(eight, 2));
    assert.deepEqual(downscale(sixteen, 1).data, eight.data);
  });
});
