/* oxlint-disable typescript/no-unsafe-type-assertion -- a wrong shape fails the test that meets it */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { knownPsnr } from '../../../src/model/inference/knownPsnr';
import { describeRuntime, openModel } from '../../../src/model/inference/openModel';
import type { Model, ModelRequest, TileBatch, TileKey } from '../../../src/model/model';
import { denoise, promptGraph, withCopy, withFolder, writeSingleColour, writeTiny, X4 } from '../../support/tinyBundle';

const REQUEST: ModelRequest = {
  model: 'x4',
  provider: 'cpu',
  device: 0,
  threads: 0,
  steps: 1,
  order: null,
  colorFix: null,
  strength: 1,
  noise: 'shared',
  seed: 1,
  depth: 8,
};

const never = new AbortController().signal;
const key = (changes: Partial<TileKey> = {}): TileKey => ({ x: 0, y: 0, scene: 0, frame: 0, ...changes });

/** An image of 12 × 10 pixels, different for every `seed`. */
const image = (seed: number, depth: 8 | 16 = 8): Uint8Array => {
  const samples = Float64Array.from(
    { length: 12 * 10 * 3 },
    (_, i) => 128 + 90 * Math.sin(i / 7 + seed) + 30 * Math.sin(i * i),
  );
  return depth === 8
    ? Uint8Array.from(samples)
    : new Uint8Array(Uint16Array.from(samples, (v) => Math.floor(v) * 257).buffer);
};

const batch = (images: readonly Uint8Array[], keys: readonly TileKey[]): TileBatch => ({
  width: 12,
  height: 10,
  data: new Uint8Array(Buffer.concat(images)),
  keys,
});

async function withModel<T>(changes: Partial<ModelRequest>, use: (model: Model) => Promise<T>): Promise<T> {
  await using model = await openModel({ ...REQUEST, ...changes });
  return await use(model);
}

const size = 12 * 10 * 16 * 3;
const part = (bytes: Uint8Array, i: number): Uint8Array => bytes.slice(i * size, (i + 1) * size);

describe('openModel', () => {
  it('gives up a model that is not loaded in time; the next one gets another thread', async () => {
    const error = await openModel({ ...REQUEST, loadLimit: 0.001 }).catch((caught: unknown) => caught);
    assert.ok(error instanceof RemasterError);
    assert.deepEqual([error.code, error.message], ['MODEL_LOAD_TIMEOUT', 'The model x4 was not loaded within 0 s.']);
    assert.match(error.remedy ?? '', /--load-limit/);
    await withModel({ loadLimit: 100 }, async ({ info }) => assert.equal(info.name, 'x4'));
  });

  it('reports its properties', () =>
    withModel({ steps: null }, async ({ info }) => {
      assert.deepEqual(
        [info.name, info.system, info.task, info.scale, info.steps, info.provider, info.multiple],
        ['x4', 'resshift', 'upscale', 4, 4, 'cpu', 1],
      );
      assert.equal(info.plan.steps.length, 4);
      assert.deepEqual(info.rejected, []);
      assert.match(info.sha256, /^[0-9a-f]{64}$/);
    }));

  it('a tile gives the same bytes in a batch of 1, 3 and 4', async () => {
    for (const noise of ['shared', 'independent', 'mixed'] as const) {
      await withModel({ steps: 2, noise }, async (model) => {
        const images = [0, 1, 2, 3].map((seed) => image(seed));
        const keys = [key(), key({ x: 12, frame: 1 }), key({ y: -8, scene: 3, frame: 4 }), key({ frame: 9 })];
        const alone: Uint8Array[] = [];
        for (let i = 0; i < 4; i++) alone.push(await model.run(batch([images[i]!], [keys[i]!]), never));
        const four = await model.run(batch(images, keys), never);
        const three = await model.run(
          batch(
            [2, 0, 3].map((i) => images[i]!),
            [2, 0, 3].map((i) => keys[i]!),
          ),
          never,
        );
        for (let i = 0; i < 4; i++) assert.deepEqual(part(four, i), alone[i], `tile ${i} of four, ${noise}`);
        for (const [at, i] of [2, 0, 3].entries())
          assert.deepEqual(part(three, at), alone[i], `tile ${i} of three, ${noise}`);
      });
    }
  });

  it('shared noise is the same in every frame of a shot, other noise is not', async () => {
    const frames = batch([image(0), image(0)], [key({ frame: 0 }), key({ frame: 40 })]);
    const still = async (noise: ModelRequest['noise']): Promise<boolean> =>
      withModel({ noise }, async (model) => {
        const both = await model.run({ ...frames, data: frames.data.slice() }, never);
        return Buffer.compare(part(both, 0), part(both, 1)) === 0;
      });
    assert.equal(await still('shared'), true);
    assert.equal(await still('independent'), false);
    assert.equal(await still('mixed'), false);
  });

  it('the result depends on position, shot and seed', async () => {
    const results = [
      await withModel({}, (model) => model.run(batch([image(0)], [key()]), never)),
      await withModel({}, (model) => model.run(batch([image(0)], [key({ x: 1 })]), never)),
      await withModel({}, (model) => model.run(batch([image(0)], [key({ scene: 1 })]), never)),
      await withModel({ seed: 2 }, (model) => model.run(batch([image(0)], [key()]), never)),
    ];
    const different = new Set(results.map((bytes) => Buffer.from(bytes).toString('base64')));
    assert.equal(different.size, 4);
  });

  it('16 bit gives the same result as 8 bit, but finer', async () => {
    const eight = await withModel({ steps: 2 }, (model) => model.run(batch([image(0)], [key()]), never));
    const sixteen = await withModel({ steps: 2, depth: 16 }, (model) =>
      model.run(batch([image(0, 16)], [key()]), never),
    );
    const words = new Uint16Array(sixteen.slice().buffer);
    assert.equal(words.length, eight.length);
    for (const [i, word] of words.entries()) assert.ok(Math.abs(word / 257 - eight[i]!) <= 0.51, `sample ${i}`);
    assert.ok(words.some((word) => word % 257 !== 0));
  });

  it('equal requests share a model until the last is disposed', async () => {
    const first = await openModel(REQUEST);
    const second = await openModel(REQUEST);
    assert.equal(first.info, second.info);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    assert.equal((await second.run(batch([image(0)], [key()]), never)).length, size);
    await assert.rejects(first.run(batch([image(0)], [key()]), never), /disposed/);
    await second[Symbol.asyncDispose]();
    await assert.rejects(second.run(batch([image(0)], [key()]), never), /disposed/);
  });

  it('requests with different settings do not share a model', async () => {
    await using plain = await openModel(REQUEST);
    await using fixed = await openModel({ ...REQUEST, colorFix: 'wavelet' });
    await using half = await openModel({ ...REQUEST, strength: 0.5 });
    await using longer = await openModel({ ...REQUEST, steps: 2 });
    const results = [];
    for (const model of [plain, fixed, half, longer]) results.push(await model.run(batch([image(0)], [key()]), never));
    assert.equal(new Set(results.map((bytes) => Buffer.from(bytes).toString('base64'))).size, 4);
  });

  it('can be opened again while it is closing', async () => {
    for (let i = 0; i < 3; i++) {
      const model = await openModel(REQUEST);
      const closing = model[Symbol.asyncDispose]();
      const again = await openModel(REQUEST);
      assert.equal((await again.run(batch([image(0)], [key()]), never)).length, size);
      await Promise.all([closing, again[Symbol.asyncDispose]()]);
    }
  });

  it('finishes pending runs before it closes', async () => {
    const model = await openModel(REQUEST);
    const run = model.run(batch([image(0)], [key()]), never);
    await model[Symbol.asyncDispose]();
    assert.equal((await run).length, size);
  });

  it('returns results in order and does not detach shared buffers', () =>
    withModel({}, async (model) => {
      const order: number[] = [];
      const slab = new Uint8Array(3 * 360);
      slab.set(image(0), 360);
      const run = (i: number): Promise<unknown> => {
        const view = slab.subarray(360, 720);
        return model
          .run({ width: 12, height: 10, data: view, keys: [key({ frame: i })] }, never)
          .then(() => order.push(i));
      };
      await Promise.all([run(0), run(1), run(2), run(3), run(4)]);
      assert.deepEqual(order, [0, 1, 2, 3, 4]);
      assert.equal(slab.byteLength, 3 * 360, 'the buffer was not taken away');
    }));

  it('rejects at once on abort, with the reason of the signal', () =>
    withModel({}, async (model) => {
      const stop = new AbortController();
      const runs = [0, 1, 2, 3].map((i) => model.run(batch([image(i)], [key()]), stop.signal));
      const settled = Promise.allSettled(runs);
      stop.abort(new Error('the user has had enough'));
      for (const result of await settled) {
        assert.ok(result.status === 'rejected');
        assert.match(String(result.reason), /had enough/);
      }
      assert.equal((await model.run(batch([image(0)], [key()]), never)).length, size);
      await assert.rejects(model.run(batch([image(0)], [key()]), stop.signal), /had enough/);
    }));

  it('has a prompt only if the bundle has a prompt graph', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff', { looks: promptGraph() });
      await withModel({ steps: null }, async (model) => assert.equal(model.prompt, undefined));
      await withModel({ model: folder, steps: null }, async (model) => {
        const [dark, bright] = [image(1).map((v) => v / 4), image(1)];
        const look = (data: Uint8Array) => model.prompt!({ width: 12, height: 10, data }, never);
        const [first, second, again] = [await look(dark), await look(bright), await look(dark)];
        assert.equal(dark.length, 360); // not transferred
        assert.deepEqual(first['prompt']!.dims, [1, 4, 1, 1]);
        assert.deepEqual(first, again);
        assert.notDeepEqual(first, second);
        const run = (value: typeof first) => model.run(batch([image(1)], [key({ prompt: value })]), never);
        assert.deepEqual(await run(first), await run(again));
        assert.notDeepEqual(await run(first), await run(second));
        await assert.rejects(model.run(batch([image(1)], [key()]), never), /tile without the prompt/);
        await assert.rejects(model.prompt!({ width: 12, height: 10, data: dark }, AbortSignal.abort()), {
          name: 'AbortError',
        });
      });
    }));

  it('rejects a batch of the wrong size', () =>
    withModel({}, async (model) => {
      await assert.rejects(model.run({ ...batch([image(0)], [key()]), width: 13 }, never), /360 bytes, expected 390/);
    }));

  it('opens bundles from other folders', () =>
    withFolder(async (folder) => {
      await writeTiny(join(folder, 'tiny'), 'dossr');
      await using model = await openModel({ ...REQUEST, model: 'tiny', steps: null }, { folders: [folder] });
      assert.deepEqual([model.info.system, model.info.steps, model.info.multiple], ['dossr', 5, 2]);
      assert.equal((await model.run(batch([image(0)], [key()]), never)).length, size);
    }));

  it('compares what it makes of a smooth image with plain enlargement', async () => {
    for (const changes of [{}, { steps: null }, { depth: 16 }, { colorFix: 'adain' }] as const)
      await withModel(changes, async ({ info }) => assert.ok(info.smoothPsnr! > 20, JSON.stringify([changes, info])));
    await withModel({ model: 'inpaint', steps: null }, async ({ info }) => assert.ok(info.smoothPsnr! > 15));
  });

  it('opens a model that makes everything one colour, whatever runs it: its PSNR tells', () =>
    withFolder(async (folder) => {
      for (const provider of ['cpu', 'auto']) {
        for (const [colour, decibels] of [
          [0, 4.4],
          [0.5, 9.4],
          [1, 4.4],
        ] as const) {
          const model = await writeSingleColour(join(folder, `${provider} ${colour}`), colour);
          await withModel({ model, provider, steps: null }, async ({ info }) =>
            assert.ok(Math.abs(info.smoothPsnr! - decibels) < 0.1, `${colour}: ${info.smoothPsnr} dB`),
          );
        }
      }
    }));

  it('keeps its PSNR in the cache for lists of models', () =>
    withFolder(async (folder) => {
      await writeSingleColour(folder, 0);
      const sha256 = await withModel({ model: folder, steps: null }, async ({ info }) => info.sha256);
      assert.ok(Math.abs((await knownPsnr(sha256))! - 4.4) < 0.1);
      assert.equal(await knownPsnr(sha256.replace(/./g, '0')), null);
    }));

  it('loads a bundle again after it was replaced', () =>
    withCopy(async (folder) => {
      const request = { ...REQUEST, model: folder };
      await using before = await openModel(request);
      const path = join(folder, 'model.json');
      await writeFile(path, (await readFile(path, 'utf8')).replace('"defaultSteps": 4', '"defaultSteps": 2'));
      await using after = await openModel(request);
      assert.notEqual(after.info.sha256, before.info.sha256);
    }));
});

describe('openModel: errors', () => {
  const rejects = async (changes: Partial<ModelRequest>, code: string, says: RegExp): Promise<RemasterError> => {
    try {
      await using model = await openModel({ ...REQUEST, ...changes });
      return assert.fail(`${model.info.name} was opened`);
    } catch (error) {
      assert.ok(error instanceof RemasterError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, says);
      assert.notEqual(error.remedy, '');
      return error;
    }
  };

  it('fails for an unknown name', () => rejects({ model: 'x5' }, 'MODEL_NOT_FOUND', /model “x5” was not found/));
  it('fails for steps it does not have', () => rejects({ steps: 5 }, 'BAD_SETTING', /1 to 4 steps, not 5/));
  it('fails for a provider that is none', () => rejects({ provider: 'npu' }, 'BAD_SETTING', /no provider “npu”/));

  it('fails for a graph that onnxruntime does not support', () =>
    withFolder(async (folder) => {
      const network = denoise(false);
      network.graph.node[0]!.opType = 'Teleport';
      await writeTiny(folder, 'osediff', { network });
      const error = await rejects(
        { model: folder },
        'MODEL_INCOMPATIBLE',
        /onnxruntime cannot run this model on cpu: .*Teleport/,
      );
      assert.match(error.remedy, /Export the bundle again/);
    }));

  it('fails for a model with weights that are no numbers', () =>
    withFolder(async (folder) => {
      const network = denoise(false);
      for (const tensor of network.graph.initializer) if (tensor.dataType === 1) tensor.rawData!.fill(255); // NaN
      await writeTiny(folder, 'osediff', { network });
      await rejects({ model: folder }, 'MODEL_INVALID', /weights that are NaN or infinite/);
    }));

  it('fails for a provider that does not work and lists those that do', async () => {
    const { providers } = await describeRuntime();
    const broken = providers.find(({ works }) => !works)!;
    const error = await rejects(
      { provider: broken.provider },
      'RUNTIME_MISSING',
      new RegExp(`provider ${broken.provider} does not work here: .{10}`),
    );
    assert.match(error.remedy, /Choose auto or one that works here: .*cpu/);
  });

  it('falls back to another provider and records the reasons', () =>
    withModel({ provider: 'auto' }, async ({ info }) => {
      const { providers } = await describeRuntime();
      assert.ok(providers.find(({ provider }) => provider === info.provider)!.works);
      for (const { provider, reason } of info.rejected) {
        assert.notEqual(provider, info.provider);
        assert.ok(reason.length > 10, `${provider}: ${reason}`);
      }
      if (info.provider === 'cpu') assert.ok(info.rejected.length >= 1);
    }));
});

describe('openModel: runtime', () => {
  it('describes the runtime: version, providers and why they do not work', async () => {
    const { version, musl, problem, providers } = await describeRuntime();
    assert.match(version!, /^\d+\.\d+/);
    assert.equal(musl, false);
    assert.equal(problem, null);
    assert.equal(providers.find(({ provider }) => provider === 'cpu')!.works, true);
    for (const { works, reason } of providers) assert.equal(works, reason === '');
  });

  it('names the install command when the runtime is missing', () =>
    withFolder(async (folder) => {
      // The installed package with all dependencies except onnxruntime-node.
      const root = process.cwd();
      await cp(join(root, 'dist', 'src'), join(folder, 'dist', 'src'), { recursive: true });
      await cp(X4, join(folder, 'models', 'x4'), { recursive: true });
      await writeFile(join(folder, 'package.json'), '{}');
      await mkdir(join(folder, 'node_modules'));
      for (const name of await dependencies(root)) {
        await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
      }
      const script = `
        const { openModel, describeRuntime } = require(${JSON.stringify(join(folder, 'dist', 'src', 'model', 'inference', 'openModel.js'))});
        openModel(${JSON.stringify(REQUEST)}).catch(async (error) =>
          console.log(JSON.stringify({ error, report: await describeRuntime() })));`;
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' });
      assert.notEqual(stdout, '', stderr);
      const { error, report } = JSON.parse(stdout) as {
        error: RemasterError;
        report: { version: null; problem: RemasterError };
      };
      assert.equal(error.code, 'RUNTIME_MISSING');
      assert.equal(error.message, 'onnxruntime-node is not installed');
      assert.match(error.remedy, /npm install onnxruntime-node/);
      assert.deepEqual([report.version, report.problem.code], [null, 'RUNTIME_MISSING']);
    }));

  it('an open model does not keep the process alive', () => {
    const script = `
      const { openModel } = require(${JSON.stringify(join(process.cwd(), 'dist', 'src', 'model', 'inference', 'openModel.js'))});
      openModel(${JSON.stringify(REQUEST)}).then(() => console.log('open'));`;
    const { stdout, status } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 30_000 });
    assert.deepEqual([stdout, status], ['open\n', 0]);
  });
});

/** The dependencies of src/, transitively. */
async function dependencies(root: string): Promise<readonly string[]> {
  const found = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (found.has(name) || name === 'onnxruntime-node') return;
    found.add(name);
    const { dependencies: needed = {} } = JSON.parse(
      await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'),
    ) as { dependencies?: Record<string, string> };
    for (const one of Object.keys(needed)) await visit(one);
  };
  for (const name of ['ajv', 'protobufjs', 'rxjs']) await visit(name);
  return [...found];
}
