import assert from 'node:assert/strict';
import { roundHalfToEven } from '../../src/sampler/rounding';
import { close, golden, map, type Precision, type Stored, tensor } from './golden';
import { weightedMean } from './official/blend';
import { chopStarts } from './official/chop';
import { quantise } from './official/quantise';
import { bicubic } from './reference/bicubic';
import { zerosLike } from './reference/tensor';
import { enlarge } from './standIns';

describe('sampleImages', () => {
  interface BicubicCase extends Readonly<Record<Precision, Stored>> {
    readonly sf: number;
    readonly y: Stored;
  }

  for (const { sf, y, ...expected } of golden<{ cases: readonly BicubicCase[] }>('resshift_bicubic').cases) {
    it(`bicubic enlargement of ${y.shape.join('×')} by ${sf} matches torch's`, () => {
      close(bicubic(tensor(y), sf).data, expected.f64.data, 1e-9, 'float64');
      close(bicubic(tensor(y, 'f32'), sf).data, expected.f32.data, 2e-6, 'float32');
    });
  }

  it('the bicubic kernel has a = −0.75, not −0.5, as its overshoot shows', () => {
    const edge = { dims: [1, 1, 1, 8], data: Float64Array.of(0, 0, 0, 0, 1, 1, 1, 1) } as const;
    const overshoot = Math.max(...bicubic(edge, 2).data) - 1;
    // At a quarter pixel beyond the edge: −a·(1/4)·(3/4)².
    assert.ok(Math.abs(overshoot - 0.75 * 0.25 * 0.75 ** 2) < 1e-12);
  });

  interface QuantiseCase {
    readonly name: string;
    readonly codebook: Stored;
    readonly indices_row_major_hw: readonly number[];
    readonly z_q: Stored;
  }

  const vq = golden<{ z: Stored; cases: readonly QuantiseCase[] }>('resshift_vq');
  for (const { name, codebook, indices_row_major_hw: indices, z_q: expected } of vq.cases) {
    it(`the quantiser uses the nearest code word, the first on ties: ${name}`, () => {
      const result = quantise(tensor(vq.z), Float64Array.from(codebook.data));
      assert.deepEqual([...result.indices], indices);
      // Upstream returns z + (z_q − z) in float32.
      close(result.quantised.data, expected.data, 1e-6, 'z_q');
    });
  }

  it('quantising twice changes nothing', () => {
    const codebook = Float64Array.from(vq.cases[0]!.codebook.data);
    const once = quantise(tensor(vq.z), codebook);
    assert.deepEqual(quantise(once.quantised, codebook), once);
  });

  interface Splitter {
    readonly starts: readonly { length: number; pch_size: number; stride: number; starts: readonly number[] }[];
    readonly blend: readonly {
      readonly h: number;
      readonly w: number;
      readonly pch_size: number;
      readonly stride: number;
      readonly sf: number;
      readonly im: Stored;
      readonly boxes_out_hs_he_ws_we: readonly (readonly [number, number, number, number])[];
      readonly result: Stored;
    }[];
  }

  const splitter = golden<Splitter>('resshift_splitter');

  it("ResShift's tiles start at the same positions as upstream's", () => {
    for (const { length, pch_size: size, stride, starts } of splitter.starts) {
      assert.deepEqual(chopStarts(length, size, stride), starts);
    }
    for (const { h, w, pch_size: size, stride, sf, boxes_out_hs_he_ws_we: boxes } of splitter.blend) {
      const rows = chopStarts(h, size, stride);
      const ours = rows.flatMap((y) => chopStarts(w, size, stride).map((x) => [y * sf, x * sf]));
      assert.deepEqual(
        ours,
        boxes.map(([top, , left]) => [top, left]),
      );
    }
  });

  it("ResShift's tiles are averaged without weights", () => {
    for (const { im, sf, boxes_out_hs_he_ws_we: boxes, result } of splitter.blend) {
      const whole = enlarge(
        map(tensor(im), (v) => 0.5 * v),
        sf,
      );
      const [, c, height, width] = whole.dims;
      const pieces = boxes.map(([top, bottom, left, right], k) => {
        const [h, w] = [bottom - top, right - left];
        const place = (i: number) =>
          (Math.floor(i / (h * w)) * height + top + (Math.floor(i / w) % h)) * width + left + (i % w);
        const piece = map(zerosLike(whole, [1, c, h, w]), (_, i) => whole.data[place(i)]! + 0.1 * k);
        return { x: left, y: top, tensor: piece };
      });
      close(weightedMean(whole.dims, pieces).data, result.data, 1e-9, 'average');
    }
  });

  it('rejects a stride longer than the tile', () => {
    assert.throws(() => chopStarts(100, 10, 11), { code: 'BAD_SETTING', message: /^stride is 11/ });
  });

  it('rounds half to even', () => {
    const cases = [
      [0.5, 0],
      [1.5, 2],
      [2.5, 2],
      [249.5, 250],
      [250.5, 250],
      [-0.5, 0],
      [-1.5, -2],
      [0.49, 0],
      [0.51, 1],
    ];
    for (const [value, rounded] of cases) assert.equal(roundHalfToEven(value!) + 0, rounded);
  });
});
