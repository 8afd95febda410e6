/* oxlint-disable typescript/no-unsafe-type-assertion -- a wrong shape fails the test that meets it */
import assert from 'node:assert/strict';
import { openReference } from '../../../bench/reference';
import { planFor } from '../../../src/model/bundle/samplerPlan';
import { fuse } from '../../../src/model/compiler/fuse';
import { loadModel } from '../../../src/model/inference/loadedModel';
import { loadRuntime } from '../../../src/model/inference/runtime';
import type { ModelRequest, Prompt, Shot, TileBatch, TileKey } from '../../../src/model/model';
import { emit, scalar } from '../../../src/model/onnx/builder';
import { ATTRIBUTE, ELEMENT, encodeModel, type OnnxModel } from '../../../src/model/onnx/graph';
import { signature } from '../../../src/model/onnx/signature';
import { timestepBranch } from '../../../src/model/onnx/timestepBranch';
import { noiseField } from '../../../src/sampler/noise';
import { openBundle } from '../../support/openBundle';
import { denoise, graphOf, promptGraph, withFolder, writeHoles, writeTiny, X4 } from '../../support/tinyBundle';

const REQUEST: ModelRequest = {
  model: 'x4',
  provider: 'cpu',
  device: 0,
  threads: 0,
  steps: null,
  order: null,
  colorFix: null,
  strength: 1,
  noise: 'shared',
  seed: 7,
  depth: 8,
};

/** Tiles at different positions of different shots. */
const keys = (count: number): TileKey[] =>
  Array.from({ length: count }, (_, i) => ({ x: 16 * i, y: -8 * i, scene: i % 2, frame: 40 * i }));

function tiles(width: number, height: number, count: number, depth: 8 | 16 = 8): TileBatch {
  const length = (width * height * 3 * count * depth) / 8;
  const data = Uint8Array.from({ length }, (_, i) => 128 + 100 * Math.sin(i / 17) + 27 * Math.sin(i * i));
  return { width, height, data, keys: keys(count) };
}

/** A frame of brightness `level`, larger than the tiles. */
function frameOf(level: number, depth: 8 | 16 = 8): Shot {
  const samples = Float64Array.from({ length: 21 * 13 * 3 }, (_, i) => level * (0.5 + 0.5 * Math.sin(i)));
  const data =
    depth === 8
      ? Uint8Array.from(samples, (v) => 255 * v)
      : new Uint8Array(Uint16Array.from(samples, (v) => 65535 * v).buffer);
  return { width: 21, height: 13, data };
}

/** Runs a batch through the fused graph and through the reference. */
async function both(folder: string, changes: Partial<ModelRequest>, tileBatch: TileBatch, shots: readonly Shot[] = []) {
  const request = { ...REQUEST, ...changes };
  const runtime = loadRuntime();
  const bundle = await openBundle(folder);
  const plan = planFor(bundle.manifest, request.steps, request.order);
  const noise = noiseField({ mode: request.noise, seed: request.seed });
  const reference = await openReference(runtime, bundle);
  const model = await loadModel(runtime, folder, request);
  const prompts: Prompt[] = [];
  for (const shot of shots) prompts.push(await model.prompt!(shot));
  const promptFor = (i: number) => (prompts.length > 0 ? { prompt: prompts[i % prompts.length]! } : {});
  const batch = { ...tileBatch, keys: tileBatch.keys.map((key, i) => ({ ...key, ...promptFor(i) })) };
  const expected = await reference.run(batch, {
    plan,
    colorFix: request.colorFix === 'adain' ? 'none' : (request.colorFix ?? bundle.manifest.colorFix),
    strength: request.strength,
    depth: request.depth,
    noise,
  });
  const actual = await model.run(batch, model.noise(request));
  await model.release();
  await reference.release();
  const words = (bytes: Uint8Array): ArrayLike<number> =>
    request.depth === 8 ? bytes : new Uint16Array(new Uint8Array(bytes).buffer);
  return { actual: words(actual), expected: words(expected) };
}

/** Both round the same numbers, so they may differ by one, but only at rounding boundaries. */
function agree({ actual, expected }: { actual: ArrayLike<number>; expected: ArrayLike<number> }, share = 0.001): void {
  assert.equal(actual.length, expected.length);
  let differing = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(difference <= 1, `sample ${i} is ${actual[i]} instead of ${expected[i]}`);
    differing += difference;
  }
  assert.ok(differing <= Math.max(1, share * expected.length), `${differing} of ${expected.length} samples differ`);
}

describe('fuse', () => {
  for (const steps of [1, 2, 3, 4]) {
    it(`matches the reference: ${steps} steps of the embedded model`, async () => {
      agree(await both(X4, { steps }, tiles(40, 24, 1)));
      agree(await both(X4, { steps }, tiles(1, 1, 1)));
      agree(await both(X4, { steps }, tiles(31, 17, 3)));
    });
  }

  it('returns the image of preprocess below every tile when AdaIN is wanted', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'dossr');
      const batch = tiles(14, 6, 2);
      const run = async (changes: Partial<ModelRequest>): Promise<Uint8Array> => {
        const request = { ...REQUEST, ...changes };
        const model = await loadModel(loadRuntime(), folder, request);
        const bytes = await model.run(batch, model.noise(request));
        assert.deepEqual(model.info.referenceRange, changes.colorFix === 'adain' ? [-1, 2] : undefined);
        await model.release();
        return bytes;
      };
      /** 16 bits for −1 … 2 as 8 bits for 0 … 1. */
      const narrow = (bytes: Uint8Array): number[] =>
        Array.from(new Uint16Array(new Uint8Array(bytes).buffer), (v) =>
          Math.round(Math.min(1, Math.max(0, (3 * v) / 65535 - 1)) * 255),
        );
      const [plain, preprocessed] = [await run({ colorFix: 'none' }), await run({ colorFix: 'none', strength: 0 })];
      const result = await run({ colorFix: 'adain' });
      const part = (bytes: Uint8Array, i: number, count: number) =>
        bytes.subarray((i * bytes.length) / count, ((i + 1) * bytes.length) / count);
      for (const n of [0, 1]) {
        agree({ actual: narrow(part(result, 2 * n, 4)), expected: part(plain, n, 2) }, 0.01);
        agree({ actual: narrow(part(result, 2 * n + 1, 4)), expected: part(preprocessed, n, 2) }, 0.01);
      }
    }));

  it('returns no reference when a bundle has no preprocess, or inpaints', () =>
    withFolder(async (folder) => {
      await writeHoles(folder, {}, true);
      for (const one of [X4, folder]) {
        const model = await loadModel(loadRuntime(), one, { ...REQUEST, colorFix: 'adain' });
        assert.equal(model.info.referenceRange, undefined);
        await model.release();
      }
    }));

  it('matches the reference in 16 bit', async () => {
    // Boundaries are more frequent: rounding to 1/65535 is close to the precision of the network.
    agree(await both(X4, { depth: 16 }, tiles(31, 17, 2, 16)), 0.02);
  });

  it('matches the reference for half strength; strength 0 is the bicubic enlargement', async () => {
    agree(await both(X4, { strength: 0.5 }, tiles(12, 9, 2)));
    agree(await both(X4, { strength: 0 }, tiles(12, 9, 2)));
  });

  it('matches the reference for independent and mixed noise', async () => {
    agree(await both(X4, { noise: 'independent', steps: 2 }, tiles(12, 9, 3)));
    agree(await both(X4, { noise: 'mixed', steps: 2 }, tiles(12, 9, 3)));
  });

  it('matches the reference for a one-step latent system: encode, constant prompt, decode', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff');
      agree(await both(folder, {}, tiles(14, 6, 1)));
      agree(await both(folder, { strength: 0.3 }, tiles(14, 6, 3)));
    }));

  it('matches the reference for a system with preprocess in another range, posterior noise, condition, history and colour fix', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'dossr');
      for (const steps of [1, 2, 5]) agree(await both(folder, { steps }, tiles(14, 6, 2)));
    }));

  for (const depth of [8, 16] as const) {
    it(`matches the reference for an inpainting model, bit-identical outside the mask: ${depth} bit`, () =>
      withFolder(async (folder) => {
        await writeHoles(folder);
        const batch = tiles(64, 48, 3, depth);
        const mask = Uint8Array.from({ length: 3 * 64 * 48 }, (_, i) => (i % 7 < 2 || i % 64 < 9 ? 255 : i % 128));
        const made = await both(folder, { depth }, { ...batch, mask });
        agree(made);
        const source = depth === 8 ? batch.data : new Uint16Array(batch.data.buffer);
        let changed = 0;
        for (let i = 0; i < source.length; i++) {
          if (mask[Math.floor(i / 3)]! < 128) assert.equal(made.actual[i], source[i]);
          else if (made.actual[i] !== source[i]) changed++;
        }
        assert.ok(changed > source.length / 5, 'the masked areas were not filled');
      }));
  }

  it('preserves all 65536 levels of 16 bit outside the mask, in both ranges', () =>
    withFolder(async (folder) => {
      for (const range of [
        [-1, 1],
        [0, 1],
      ]) {
        await writeHoles(folder, { range });
        const levels = new Uint16Array(3 * 160 * 144);
        for (let i = 0; i < 65536; i++) levels[i] = i;
        const mask = new Uint8Array(160 * 144).fill(255, 160 * 143);
        const { actual } = await both(
          folder,
          { depth: 16 },
          { width: 160, height: 144, data: new Uint8Array(levels.buffer), keys: keys(1), mask },
        );
        for (let i = 0; i < 65536; i++) assert.equal(actual[i], i);
      }
    }));

  it('matches the reference for an inpainting model with a preprocess graph', () =>
    withFolder(async (folder) => {
      await writeHoles(folder, {}, true);
      const batch = tiles(32, 32, 2);
      const mask = Uint8Array.from({ length: 2 * 32 * 32 }, (_, i) => (i % 32 > 20 ? 255 : 0));
      const filled = await both(folder, {}, { ...batch, mask });
      agree(filled);
      await writeHoles(folder);
      assert.notDeepEqual(filled.actual, (await both(folder, {}, { ...batch, mask })).actual);
    }));

  it('ignores the pixels under the mask', () =>
    withFolder(async (folder) => {
      await writeHoles(folder);
      const mask = Uint8Array.from({ length: 32 * 32 }, (_, i) => (i % 32 > 20 ? 255 : 0));
      const batch = tiles(32, 32, 1);
      const other = Uint8Array.from(batch.data, (v, i) => (mask[Math.floor(i / 3)] ? 255 - v : v));
      const [one, two] = [
        await both(folder, {}, { ...batch, mask }),
        await both(folder, {}, { ...batch, data: other, mask }),
      ];
      assert.deepEqual(one.actual, two.actual);
    }));

  it('rejects strength and colour fix for inpainting models', () =>
    withFolder(async (folder) => {
      await writeHoles(folder);
      for (const changes of [{ strength: 0.5 }, { colorFix: 'wavelet' }] as const) {
        await assert.rejects(loadModel(loadRuntime(), folder, { ...REQUEST, ...changes }), {
          code: 'BAD_SETTING',
          message: /does not apply to the inpainting model/,
        });
      }
    }));

  it('matches the reference for a network with shape annotations', () =>
    withFolder(async (folder) => {
      const network = denoise(true);
      const conv = network.graph.node.find(({ opType }) => opType === 'Conv')!;
      const dim = [{ dimParam: 'n' }, { dimValue: 4 }, {}, {}];
      const type = { tensorType: { elemType: ELEMENT.float, shape: { dim } } };
      network.graph.valueInfo = [{ name: conv.output[0]!, type }];
      await writeTiny(folder, 'dossr', { network });
      agree(await both(folder, {}, tiles(14, 6, 2)));
      agree(await both(folder, {}, tiles(4, 20, 3)));
    }));

  it('matches the reference for fixed tiles and declares their size', () =>
    withFolder(async (folder) => {
      for (const system of ['osediff', 'dossr'] as const) {
        const free = await writeTiny(`${folder}/${system}`, system);
        const fixed = await writeTiny(`${folder}/${system}-16`, system, { side: 16 });
        const made = await both(fixed, {}, tiles(16, 16, 3));
        agree(made);
        agree({ actual: made.actual, expected: (await both(free, {}, tiles(16, 16, 3))).actual });
        const bundle = await openBundle(fixed);
        const { model } = fuse(bundle, { plan: planFor(bundle.manifest, 1), colorFix: 'none', strength: 1, depth: 8 });
        const sizes = [...model.graph.input, ...model.graph.output].flatMap((value) => signature(value).dims);
        assert.ok(!sizes.includes(null));
      }
    }));

  it('matches the reference with a prompt per shot, in 8 and 16 bit', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff', { looks: promptGraph() });
      const [dark, bright] = [frameOf(0.2), frameOf(0.9)];
      const one = await both(folder, {}, tiles(14, 6, 3), [dark]);
      const two = await both(folder, {}, tiles(14, 6, 3), [dark, bright]);
      agree(one);
      agree(two);
      const size = one.actual.length / 3;
      const tile = (made: typeof one, i: number) =>
        Uint8Array.from(made.actual as Uint8Array).slice(i * size, (i + 1) * size);
      assert.deepEqual(tile(two, 0), tile(one, 0));
      assert.notDeepEqual(tile(two, 1), tile(one, 1));
      assert.deepEqual(tile(two, 2), tile(one, 2));
      agree(await both(folder, { depth: 16 }, tiles(14, 6, 2, 16), [frameOf(0.2, 16)]), 0.02);
    }));

  it('equals the graph with a constant prompt when the prompt is that constant', () =>
    withFolder(async (folder) => {
      const looks = await writeTiny(`${folder}/looks`, 'dossr', { looks: promptGraph() });
      const fixed = await writeTiny(`${folder}/fixed`, 'dossr');
      const model = await loadModel(loadRuntime(), looks, REQUEST);
      const words = (await openBundle(fixed)).constants['prompt']!;
      const batch = tiles(14, 6, 2);
      const given = { ...batch, keys: batch.keys.map((key) => ({ ...key, prompt: { prompt: words } })) };
      const actual = await model.run(given, model.noise(REQUEST));
      await assert.rejects(model.run(batch, model.noise(REQUEST)), /tile without the prompt “prompt”/);
      await model.release();
      agree({ actual, expected: (await both(fixed, {}, batch)).actual });
    }));

  it('matches the reference with a different solver order and colour fix', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'dossr');
      const orders = [];
      for (const order of [1, 2, 3] as const) {
        const made = await both(folder, { order }, tiles(14, 6, 2));
        agree(made);
        orders.push([...(made.expected as Uint8Array)]);
      }
      assert.notDeepEqual(orders[0], orders[1]);
      assert.notDeepEqual(orders[1], orders[2]);
      agree(await both(folder, { colorFix: 'none' }, tiles(14, 6, 2)));
      agree(await both(X4, { colorFix: 'wavelet', steps: 1 }, tiles(31, 17, 2)));
    }));

  it('supports timesteps per image, single, fixed, integer and float', () =>
    withFolder(async (folder) => {
      const declared = [
        { element: ELEMENT.int64, dims: ['n'] },
        { element: ELEMENT.int32, dims: [1] },
        { element: ELEMENT.float, dims: [] },
        { element: ELEMENT.float, dims: ['n'] },
      ] as const;
      for (const [i, timestep] of declared.entries()) {
        const bundle = await writeTiny(`${folder}/${i}`, 'dossr', { network: denoise(true, { timestep }) });
        agree(await both(bundle, { steps: 2 }, tiles(4, 4, 2)));
      }
    }));

  it('repeats the timestep per image where it does not broadcast', () =>
    withFolder(async (folder) => {
      const network = denoise(true, { concat: true });
      assert.equal(timestepBranch(network, 't'), false);
      assert.equal(timestepBranch(denoise(true), 't'), true);
      await writeTiny(folder, 'dossr', { network });
      agree(await both(folder, { steps: 2 }, tiles(4, 4, 3)));
    }));

  it('runs networks with a fixed batch size one tile at a time', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff', {
        network: denoise(false, { batch: 1, timestep: { element: ELEMENT.int64, dims: [1] } }),
      });
      agree(await both(folder, {}, tiles(4, 4, 3)));
    }));

  it('converts inputs and outputs of float16 networks', () =>
    withFolder(async (folder) => {
      const half = await writeTiny(`${folder}/half`, 'dossr', { network: denoise(true, { element: ELEMENT.float16 }) });
      const full = await writeTiny(`${folder}/full`, 'dossr');
      const { expected } = await both(full, { steps: 2 }, tiles(6, 6, 1));
      const runtime = loadRuntime();
      const model = await loadModel(runtime, half, { ...REQUEST, steps: 2 });
      const actual = await model.run(tiles(6, 6, 1), model.noise(REQUEST));
      await model.release();
      for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= 2);
    }));

  it('copies the bodies of If in every step', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'dossr', { network: withIf(denoise(true)) });
      agree(await both(folder, { steps: 3 }, tiles(4, 4, 2)));
    }));

  it('supports external weights and leaves no files behind', () =>
    withFolder(async (folder) => {
      const { createHash } = await import('node:crypto');
      const { readdir, writeFile } = await import('node:fs/promises');
      const network = denoise(true);
      const weights = network.graph.initializer.filter(({ rawData }) => (rawData?.length ?? 0) > 64);
      assert.equal(weights.length, 1);
      const bytes = Buffer.from(weights[0]!.rawData!);
      weights[0]!.externalData = [
        { key: 'location', value: 'weights.bin' },
        { key: 'offset', value: '0' },
        { key: 'length', value: `${bytes.length}` },
      ];
      weights[0]!.dataLocation = 1;
      delete weights[0]!.rawData;
      const externalData = [{ file: 'weights.bin', sha256: createHash('sha256').update(bytes).digest('hex') }];
      await writeTiny(folder, 'dossr', { network });
      await writeFile(`${folder}/weights.bin`, bytes);
      const { readFile } = await import('node:fs/promises');
      const manifest = JSON.parse(await readFile(`${folder}/model.json`, 'utf8')) as { graphs: { denoise: object } };
      Object.assign(manifest.graphs.denoise, { externalData });
      await writeFile(`${folder}/model.json`, JSON.stringify(manifest));
      const before = (await readdir(folder)).toSorted();
      agree(await both(folder, { steps: 2 }, tiles(4, 4, 2)));
      assert.deepEqual((await readdir(folder)).toSorted(), before);
    }));

  it('merges opset versions when no used operator changed, and names one that did', () =>
    withFolder(async (folder) => {
      const newer = await writeTiny(`${folder}/newer`, 'osediff', { network: denoise(false, { opset: 19 }) });
      agree(await both(newer, {}, tiles(4, 4, 1)));
      const network = denoise(false, { opset: 20 });
      const older = await writeTiny(`${folder}/older`, 'osediff', { network: withReduceMean(network) });
      agree(await both(older, {}, tiles(4, 4, 1)));
      const clash = await writeTiny(`${folder}/clash`, 'osediff', {
        network: withReduceMean(denoise(false)),
        changes: {},
      });
      const bundle = await openBundle(clash);
      const raised = {
        ...bundle,
        graphs: { ...bundle.graphs, decode: { ...bundle.graphs.decode!, opsetImport: [{ domain: '', version: 18 }] } },
      };
      const plan = planFor(bundle.manifest, null);
      assert.throws(
        () => fuse(raised, { plan, colorFix: 'none', strength: 1, depth: 8 }),
        /“denoise” is written for ONNX version 17, the others for 18, and ReduceMean changed/,
      );
    }));

  it('stores the weights once for any number of steps', async () => {
    const bundle = await openBundle(X4);
    const sizeOf = (steps: number): number =>
      encodeModel(
        fuse(bundle, { plan: planFor(bundle.manifest, steps), colorFix: 'none', strength: 1, depth: 8 }).model,
      ).length;
    assert.ok(sizeOf(4) - sizeOf(1) < 100_000, `${sizeOf(4) - sizeOf(1)} bytes more for three more steps`);
  });

  it('has inputs only for the noise of its plan', async () => {
    const bundle = await openBundle(X4);
    const draws = (steps: number): number[] =>
      fuse(bundle, { plan: planFor(bundle.manifest, steps), colorFix: 'none', strength: 1, depth: 8 }).noise.map(
        ({ draw }) => draw,
      );
    assert.deepEqual(draws(1), [0]);
    assert.deepEqual(draws(4), [0, 1, 2, 3]);
  });
});

/** The same network with an If whose bodies use outer and own names. */
function withIf(model: OnnxModel): OnnxModel {
  const { graph } = model;
  const last = graph.node.find(({ output }) => output[0] === 'out')!;
  last.output = ['plain'];
  const body = (factor: number) => {
    const inner = graphOf({}, {}, (builder) => {
      const scaled = emit(builder, 'Mul', [{ name: 'plain', element: ELEMENT.float }, scalar(builder, factor)]);
      builder.node.push({ opType: 'Identity', name: 'inner', input: [scaled.name], output: [`body${factor}`] });
      return {};
    }).graph;
    return { ...inner, output: [{ ...graph.output[0]!, name: `body${factor}` }] };
  };
  const always = { name: 'always', dims: [], dataType: 9, rawData: Uint8Array.of(1) };
  const attribute = [
    { name: 'then_branch', type: ATTRIBUTE.graph, g: body(0.5) },
    { name: 'else_branch', type: ATTRIBUTE.graph, g: body(2) },
  ];
  return {
    ...model,
    graph: {
      ...graph,
      initializer: [...graph.initializer, always],
      node: [...graph.node, { opType: 'If', name: 'if', input: ['always'], output: ['out'], attribute }],
    },
  };
}

/** The same network with an operator whose axes became an input in opset 18. */
function withReduceMean(model: OnnxModel): OnnxModel {
  const { graph } = model;
  graph.node.find(({ output }) => output[0] === 'out')!.output = ['plain'];
  const older = Number(model.opsetImport[0]!.version) < 18;
  graph.initializer.push({
    name: 'axes',
    dims: [1],
    dataType: ELEMENT.int64,
    rawData: new Uint8Array(BigInt64Array.of(1n).buffer),
  });
  graph.node.push(
    older
      ? {
          opType: 'ReduceMean',
          name: 'mean',
          input: ['plain'],
          output: ['mean'],
          attribute: [{ name: 'axes', type: ATTRIBUTE.ints, ints: [1] }],
        }
      : { opType: 'ReduceMean', name: 'mean', input: ['plain', 'axes'], output: ['mean'] },
    { opType: 'Add', name: 'sum', input: ['plain', 'mean'], output: ['out'] },
  );
  return model;
}
