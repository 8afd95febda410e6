import assert from 'node:assert/strict';
import { osediff } from '../../src/sampler/osediff';
import { drawsOf } from '../../src/sampler/plan';
import { alphasBar, alphasBarFloat32 } from '../../src/sampler/stableDiffusion';
import { close, golden, map, type Precision, type Stored, tensor } from './golden';
import { corners, decode, encode } from './latentStandIns';
import { weightedMean } from './official/blend';
import { mergeLora } from './official/lora';
import { osediffPrompt, osediffSize } from './official/osediffInput';
import { gaussianWeights, osediffTiles } from './official/osediffTiles';
import { roundTileUp, vaeTiles } from './official/vaeTiles';
import { LATENT_SCALE, posteriorSample } from './reference/posterior';
import { sample } from './reference/sample';
import { type Floats, type Tensor, zerosLike } from './reference/tensor';

describe('osediff', () => {
  /** The stand-in network of the golden runs; its mean depends on the whole tile. */
  function network(x: Tensor, t: number, prompt: string): Tensor {
    let sum = 0;
    for (const v of x.data) sum += v;
    const mean = sum / x.data.length;
    return map(x, (v) => 0.3 * v + 0.05 * Math.sin(v) + 0.0001 * t + 0.02 * 0.01 * prompt.length + 0.1 * mean);
  }

  const noNoise = (): never => assert.fail('OSEDiff draws no noise');

  interface OneStep {
    readonly alphas_cumprod: Readonly<Record<'index' | 'float32_as_used' | 'float64_ideal', readonly number[]>>;
    readonly sqrt_alpha_999_f32: number;
    readonly sqrt_one_minus_alpha_999_f32: number;
    readonly scheduler_step: Readonly<Record<'z' | 'eps' | 'pred_original_sample', Stored>>;
    readonly cases: readonly {
      readonly prompt: string;
      readonly lq: Stored;
      readonly noise: readonly Stored[];
      readonly f64: Readonly<Record<'lq_latent' | 'x0_scaled_by_0.18215' | 'image_corner_of_8x8_blocks', Stored>>;
      readonly f32: Readonly<Record<'x0_scaled_by_0.18215' | 'image_corner_of_8x8_blocks', Stored>>;
    }[];
  }

  const oneStep = golden<OneStep>('osediff_onestep');

  it("the float32 table is bit-identical to the scheduler's, and the float64 table is exact", () => {
    const { index, ...expected } = oneStep.alphas_cumprod;
    assert.deepEqual(
      index.map((t) => alphasBarFloat32()[t]),
      expected.float32_as_used,
    );
    close(
      index.map((t) => alphasBar()[t]!),
      expected.float64_ideal,
      1e-12,
      'ᾱ',
    );
  });

  it('the step uses the float32 roots of t = 999', () => {
    const { t, clean } = osediff().steps[0]!;
    assert.equal(t, 999);
    assert.equal(clean.x, 1 / oneStep.sqrt_alpha_999_f32);
    assert.equal(clean.out, -oneStep.sqrt_one_minus_alpha_999_f32 / oneStep.sqrt_alpha_999_f32);
  });

  it('uses the low-resolution latent without noise and without clamping', () => {
    const plan = osediff();
    assert.deepEqual(plan.start, { lq: 1, noise: 0 });
    assert.deepEqual(drawsOf(plan), []);
    assert.equal(plan.steps[0]!.clean.clamp, undefined);
  });

  it("the step matches the scheduler's", async () => {
    const { z, eps, pred_original_sample: expected } = oneStep.scheduler_step;
    const latent = tensor(z, 'f32');
    const result = await sample(osediff(), latent, () => tensor(eps, 'f32'), noNoise);
    close(result.data, expected.data, 2e-6, 'x̂₀');
  });

  for (const { prompt, lq, noise, f64, f32 } of oneStep.cases) {
    for (const precision of ['f64', 'f32'] as const) {
      it(`matches the official pipeline from image to image, ${precision}`, async () => {
        const tolerance = precision === 'f64' ? 1e-9 : 2e-6;
        const latent = encode(tensor(lq, precision), tensor(noise[0]!, precision));
        close(latent.data, f64.lq_latent.data, precision === 'f64' ? 1e-9 : 1e-6, 'latent');
        const result = await sample(osediff(), latent, (x, t) => network(x, t, prompt), noNoise);
        const expected = { f64, f32 }[precision];
        close(result.data, expected['x0_scaled_by_0.18215'].data, tolerance, 'x̂₀');
        const image = corners(decode(result, 50)).map((v) => Math.min(1, Math.max(-1, v)));
        close(image, expected.image_corner_of_8x8_blocks.data, tolerance, 'picture');
      });
    }
  }

  interface Tiled {
    readonly h: number;
    readonly w: number;
    readonly tile: number;
    readonly overlap: number;
    readonly z: Stored;
    readonly float64: Stored;
    readonly float32: Stored;
    readonly tile_boxes_y_x_h_w_in_call_order: readonly (readonly number[])[];
    readonly blended_eps_recovered: Stored;
  }

  for (const tiled of golden<{ cases: readonly Tiled[] }>('osediff_tiled_latent').cases) {
    const { h, w, tile, overlap, z, tile_boxes_y_x_h_w_in_call_order: boxes } = tiled;
    it(`a ${w}×${h} latent in tiles of ${tile} with overlap ${overlap} is tiled and blended as upstream`, async () => {
      const tiles = osediffTiles(w, h, tile, overlap);
      assert.deepEqual(
        tiles.map((box) => [box.y, box.x, box.height, box.width]),
        boxes,
      );

      const run = (precision: Precision) =>
        sample<Floats>(osediff(), tensor(z, precision), (x, t) => predict(x, t, tiles), noNoise);
      close((await run('f64')).data, tiled.float64.data, 1e-6, 'x̂₀');
      close((await run('f32')).data, tiled.float32.data, 1e-6, 'x̂₀ in float32');
      const blended = predict(tensor(z), 999, tiles);
      close(blended.data, tiled.blended_eps_recovered.data, 1e-6, 'ε');
    });
  }

  function predict(x: Tensor, t: number, tiles: ReturnType<typeof osediffTiles>): Tensor {
    const pieces = tiles.map((box) => ({ x: box.x, y: box.y, tensor: network(crop(x, box), t, 'cat, dog, ,') }));
    return weightedMean(x.dims, pieces, gaussianWeights(tiles[0]!.width, tiles[0]!.height));
  }

  function crop(x: Tensor, box: ReturnType<typeof osediffTiles>[number]): Tensor {
    const [n, c, h, w] = x.dims;
    const cropped = zerosLike(x, [n, c, box.height, box.width]);
    return map(cropped, (_, i) => {
      const column = i % box.width;
      const row = Math.floor(i / box.width) % box.height;
      const plane = Math.floor(i / (box.width * box.height));
      return x.data[(plane * h + box.y + row) * w + box.x + column]!;
    });
  }

  it('tiling depends on the area, so a long narrow latent may run as one tile', () => {
    assert.equal(osediffTiles(64, 140).length, 1);
    assert.equal(osediffTiles(64, 145).length, 4);
  });

  it('rejects a latent with a side of at most the overlap, where upstream does not terminate', () => {
    assert.throws(() => osediffTiles(400, 32), { code: 'BAD_SETTING', message: /^overlap is 32/ });
  });

  it('the Gaussian weights match the official ones', () => {
    const { full, profile } = golden<{
      full: Record<string, Stored>;
      profile: Record<
        string,
        Record<'row_at_y=n/2' | 'column_at_x=0' | 'argmax_y_x', readonly number[]> &
          Record<'sum' | 'max' | 'min', number>
      >;
    }>('osediff_gaussian_weights');
    for (const [name, { shape, data }] of Object.entries(full)) {
      const weights = gaussianWeights(shape[1]!, shape[0]!);
      for (const [i, weight] of data.entries()) close([weights[i]! / weight], [1], 1e-9, name);
    }
    for (const [name, expected] of Object.entries(profile)) {
      const n = Number(name);
      const weights = gaussianWeights(n, n);
      close(weights.subarray((n * n) / 2, (n * n) / 2 + n), expected['row_at_y=n/2'], 1e-9, 'row');
      close(
        weights.filter((_, i) => i % n === 0),
        expected['column_at_x=0'],
        1e-12,
        'column',
      );
      close([weights.reduce((a, b) => a + b)], [expected.sum], 1e-9, 'sum');
      close([Math.max(...weights)], [expected.max], 1e-9, 'max');
      close([Math.min(...weights)], [expected.min], 1e-15, 'min');
      assert.equal(weights.indexOf(Math.max(...weights)), expected.argmax_y_x[0]! * n + expected.argmax_y_x[1]!);
    }
  });

  it('the Gaussian is centred on (W−1)/2 horizontally and on H/2 vertically', () => {
    const weights = gaussianWeights(96, 96);
    assert.equal(weights[48 * 96 + 47], weights[48 * 96 + 48]);
    assert.ok(weights[48 * 96 + 47]! > weights[47 * 96 + 47]!);
  });

  interface VaeCase {
    readonly is_decoder: boolean;
    readonly tile_size: number;
    readonly pad: number;
    readonly h: number;
    readonly w: number;
    readonly tiled: boolean;
    readonly input_boxes_x1_x2_y1_y2: readonly (readonly number[])[];
    readonly output_boxes_x1_x2_y1_y2: readonly (readonly number[])[];
  }

  const vae = golden<{
    split: readonly VaeCase[];
    best: readonly { lowerbound: number; upperbound: number; result: number }[];
  }>('osediff_vae_tiles');

  for (const { is_decoder: decoder, tile_size: tile, pad, h, w, ...expected } of vae.split) {
    const part = decoder ? 'decoder' : 'encoder';
    it(`the ${part}'s tiles of ${w}×${h} match the official ones (tile ${tile}, pad ${pad})`, () => {
      const tiles = vaeTiles({ part, width: w, height: h, tile, pad });
      assert.deepEqual(
        tiles.map(({ input }) => [...input.x, ...input.y]),
        expected.input_boxes_x1_x2_y1_y2,
      );
      assert.deepEqual(
        tiles.map(({ output }) => [...output.x, ...output.y]),
        expected.output_boxes_x1_x2_y1_y2,
      );
      const standard = decoder ? tile === 224 && pad === 11 : tile === 1024 && pad === 32;
      if (standard) assert.deepEqual(vaeTiles({ part, width: w, height: h }), tiles);
    });
  }

  it('a VAE tile is rounded up to the largest power of two that fits', () => {
    for (const { lowerbound, upperbound, result } of vae.best)
      assert.equal(roundTileUp(lowerbound, upperbound), result);
    assert.equal(roundTileUp(129, 132), 132);
    assert.equal(roundTileUp(129, 136), 136);
    assert.equal(roundTileUp(129, 144), 144);
  });

  interface SizeCase {
    readonly input_w: number;
    readonly input_h: number;
    readonly upscale: number;
    readonly process_size: number;
    readonly network_input_shape_nchw: readonly number[];
    readonly saved_png_w_h: readonly number[];
    readonly prompt_given_to_network: string;
  }

  it('sizes and prompt match the official script', () => {
    for (const run of golden<{ cases: readonly SizeCase[] }>('osediff_script_sizes').cases) {
      const size = { width: run.input_w, height: run.input_h };
      const { width, height } = osediffSize(size, run.upscale, run.process_size);
      assert.deepEqual([1, 3, height, width], run.network_input_shape_nchw);
      assert.deepEqual([width, height], run.saved_png_w_h);
      assert.equal(osediffPrompt(['cat', 'dog']), run.prompt_given_to_network);
    }
  });

  it('sides truncated by float arithmetic are eight pixels smaller', () => {
    for (const side of [49, 98, 103, 107]) {
      assert.deepEqual(osediffSize({ width: side, height: side }, 4), { width: 504, height: 504 });
    }
    assert.deepEqual(osediffSize({ width: 50, height: 50 }, 4), { width: 512, height: 512 });
    assert.deepEqual(osediffSize({ width: 100, height: 200 }, 1), { width: 512, height: 1024 });
  });

  it('the posterior is sampled with its log variance clamped to −30 … 20', () => {
    const one = (value: number) => ({ dims: [1, 1, 1, 1], data: Float64Array.of(value) }) as const;
    const spread = (logVariance: number) => posteriorSample(one(0), one(logVariance), one(1)).data[0]! / LATENT_SCALE;
    close([0, 20, 30].map(spread), [1, Math.exp(10), Math.exp(10)], 1e-12, 'deviation');
    assert.equal(spread(-100), spread(-30));
    assert.equal(posteriorSample(one(2), one(0), one(0)).data[0], 2 * LATENT_SCALE);
  });

  it('an empty prompt leaves two commas after the tags', () => {
    assert.equal(osediffPrompt(['cat', 'dog']), 'cat, dog, ,');
    assert.equal(osediffPrompt(['cat'], 'sharp'), 'cat, sharp,');
  });

  interface LoraCase {
    readonly name: string;
    readonly W: Stored;
    readonly A: Stored;
    readonly B: Stored;
    readonly W_merged: Stored;
  }

  for (const { name, W, A, B, W_merged: merged } of golden<{ cases: readonly LoraCase[] }>('osediff_lora_merge')
    .cases) {
    it(`LoRA merges as in peft, with twice the strength of its rank: ${name}`, () => {
      const [weight, down, up] = [W, A, B].map((stored) => Float64Array.from(stored.data));
      const ours = mergeLora(weight!, down!, up!, 4);
      close(ours, merged.data, 1e-12, name);
      const atRank = mergeLora(weight!, down!, up!, 4, 4);
      close(
        ours.map((v, i) => v - weight![i]!),
        atRank.map((v, i) => 2 * (v - weight![i]!)),
        1e-12,
        name,
      );
    });
  }
});
