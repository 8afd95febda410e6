/* oxlint-disable typescript/no-unsafe-type-assertion -- a wrong shape fails the test that meets it */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { planFor } from '../../../src/model/bundle/samplerPlan';
import { decodeModel, ELEMENT, encodeModel, type OnnxModel } from '../../../src/model/onnx/graph';
import { openBundle } from '../../support/openBundle';
import { denoise, promptGraph, withCopy, withFolder, writeHoles, writeTiny, X4 } from '../../support/tinyBundle';

/** A mutable JSON object. */
type Json = Record<string, never> & { [key: string]: Json };

/** Opens a copy of the embedded bundle after `damage` and returns the error. */
const failure = (damage: (folder: string) => Promise<void>): Promise<RemasterError> =>
  withCopy(async (folder) => {
    await damage(folder);
    return openFailure(folder);
  });

const openFailure = (folder: string): Promise<RemasterError> =>
  openBundle(folder).then(
    () => assert.fail('the bundle was opened'),
    (error: unknown) => {
      assert.ok(error instanceof RemasterError, String(error));
      assert.notEqual(error.remedy, '', error.message);
      return error;
    },
  );

const changed =
  (change: (manifest: Json) => void) =>
  async (folder: string): Promise<void> => {
    const path = join(folder, 'model.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Json;
    change(manifest);
    await writeFile(path, JSON.stringify(manifest));
  };

/** Replaces a graph and updates its hash. */
const regraphed =
  (role: string, change: (model: OnnxModel) => void) =>
  async (folder: string): Promise<void> => {
    const file = join(folder, `${role}.onnx`);
    const model = decodeModel(await readFile(file));
    change(model);
    const bytes = encodeModel(model);
    await writeFile(file, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await changed((manifest) => Object.assign(manifest['graphs']![role], { sha256 }))(folder);
  };

/** Sets the field at the dotted `path`; undefined deletes it. */
const set = (path: string, value: unknown) =>
  changed((manifest) => {
    const keys = path.split('.');
    const last = keys.pop()!;
    const owner = keys.reduce((at, key) => at[key]!, manifest) as Record<string, unknown>;
    if (value === undefined) delete owner[last];
    else owner[last] = value;
  });

describe('manifest', () => {
  it('opens a valid bundle', async () => {
    const bundle = await openBundle(X4);
    assert.equal(bundle.manifest.name, 'x4');
    assert.match(bundle.sha256, /^[0-9a-f]{64}$/);
    assert.equal(planFor(bundle.manifest, null).steps.length, 4);
  });

  it('the hash changes with any file of the bundle', () =>
    withCopy(async (folder) => {
      const before = (await openBundle(folder)).sha256;
      await regraphed('denoise', (model) => Object.assign(model, { producerName: 'another' }))(folder);
      assert.notEqual((await openBundle(folder)).sha256, before);
    }));

  it('a missing folder or model.json is MODEL_NOT_FOUND', async () => {
    const missing = await openFailure(join(X4, 'nothing'));
    assert.equal(missing.code, 'MODEL_NOT_FOUND');
    assert.match(missing.message, /nothing is not a model bundle: it has no readable model\.json/);
    const error = await failure((folder) => rm(join(folder, 'model.json')));
    assert.equal(error.code, 'MODEL_NOT_FOUND');
  });

  /** Damage and the expected message. */
  const defects: readonly (readonly [name: string, damage: (folder: string) => Promise<void>, says: RegExp])[] = [
    ['model.json is not JSON', (folder) => writeFile(join(folder, 'model.json'), '{"format": 1,'), /model\.json is not JSON \(.+\)/],
    ['model.json is not an object', (folder) => writeFile(join(folder, 'model.json'), 'null'), /model\.json is invalid as a whole: must be object/],
    ['model.json is of a later format', set('format', 2), /has format 2, but this version supports only format 1/],
    ['a field is missing', set('scale', undefined), /model\.json is invalid as a whole: the field “scale” is missing/],
    ['a field is unknown', set('colour', 'red'), /unknown field “colour”/],
    ['a nested field is unknown', set('grid.size', 1), /invalid in grid: unknown field “size”/],
    ['the system is unknown', set('system', 'sinsr'), /invalid in system: must be one of \["resshift","osediff","dossr"\]/],
    ['an inpainting model has no mask', set('task', 'inpaint'), /invalid in task: “inpaint” needs a graph that takes a “mask”/],
    [
      'a model with a mask is not for inpainting',
      set('graphs.denoise.inputs.mask', 'mask'),
      /invalid in task: “upscale” does not go with a graph that takes a “mask”/,
    ],
    ['a face model has a scale', set('task', 'face'), /invalid in scale: a face model must have scale 1/],
    ['the task is unknown', set('task', 'deblur'), /invalid in task: must be one of/],
    ['a number is a string', set('scale', '4'), /invalid in scale: must be integer/],
    ['a number is out of range', set('schedule.kappa', -1), /invalid in schedule\.kappa: must be > 0/],
    ['a number is not finite', (folder) => rewrite(folder, '"kappa": 0.6', '"kappa": 1e999'), /invalid in schedule/],
    ['the schedule is another system’s', set('schedule', { order: 3 }), /invalid in schedule: .*(missing|unknown field)/],
    ['the input scaling has no variance', set('schedule.input', { kind: 'latent' }), /schedule\.input: the field “variance” is missing/],
    ['the schedule is not ascending', set('schedule.minNoise', 5), /invalid in schedule: minNoise is 5/],
    ['defaultSteps exceeds the schedule', set('defaultSteps', 5), /invalid in defaultSteps: this schedule has 4 steps at most/],
    ['the range is unknown', set('range', [0, 255]), /invalid in range: must be one of/],
    ['a hash is malformed', set('graphs.denoise.sha256', 'abc'), /invalid in graphs\.denoise\.sha256: must match pattern/],
    ['a path leaves the folder', set('graphs.denoise.file', '../denoise.onnx'), /invalid in graphs\.denoise\.file/],
    ['a path leaves it later', set('graphs.denoise.file', 'a/../../denoise.onnx'), /invalid in graphs\.denoise\.file/],
    ['a path is absolute', set('graphs.denoise.file', '/denoise.onnx'), /invalid in graphs\.denoise\.file/],
    ['a path has a drive', set('graphs.denoise.file', 'C:denoise.onnx'), /invalid in graphs\.denoise\.file/],
    ['a path has backslashes', set('graphs.denoise.file', '..\\denoise.onnx'), /invalid in graphs\.denoise\.file/],
    ['the denoise graph is missing', set('graphs.denoise', undefined), /invalid in graphs: the field “denoise” is missing/],
    ['the encode graph is missing', set('start', 'encode'), /invalid in start: “encode” needs a graph “encode”/],
    ['the grid does not match pixel space', set('grid.factor', 8), /invalid in grid: without an “encode” graph/],
    ['tiles overlap completely', set('tile.overlap', 256), /invalid in tile\.overlap: must be less than tile\.size/],
    ['the tile size is not a multiple', set('multiple', 3), /invalid in tile\.size: must be a multiple of 3/],
    ['a role is unknown', set('graphs.denoise.inputs.depth', 'depth'), /graphs\.denoise\.inputs: unknown role “depth”; known are lq, picture, y, x, t, mask, cond/],
    ['a role is missing', set('graphs.denoise.inputs.x', undefined), /graphs\.denoise\.inputs: “x” is missing/],
    ['a role is already in use', set('graphs.condition.outputs', { y: 'cond' }), /graphs\.condition\.outputs: “y” is already in use/],
    ['a file is missing', (folder) => rm(join(folder, 'denoise.onnx')), /denoise\.onnx is missing; model\.json lists it in graphs\.denoise/],
    ['a file is a folder', async (folder) => { await rm(join(folder, 'denoise.onnx')); await mkdir(join(folder, 'denoise.onnx')); }, /denoise\.onnx is not a file/],
    ['a file is truncated', (folder) => half(join(folder, 'denoise.onnx')), /denoise\.onnx is not the file model\.json describes: its sha256 is [0-9a-f]{64}, not graphs\.denoise\.sha256/],
    ['a graph is not ONNX', async (folder) => { await writeFile(join(folder, 'denoise.onnx'), 'hello'); await set('graphs.denoise.sha256', createHash('sha256').update('hello').digest('hex'))(folder); }, /denoise\.onnx is not an ONNX graph/],
    ['a tensor has another name', set('graphs.denoise.inputs.x', 'sample'), /denoise\.onnx has no tensor “sample” \(graphs\.denoise\.inputs\.x\); it has x, cond, t, y/],
    ['an output has another name', set('graphs.denoise.outputs.out', 'sample'), /has no tensor “sample” \(graphs\.denoise\.outputs\.out\); it has x0/],
    ['an input has no role', set('graphs.denoise.inputs.y', undefined), /denoise\.onnx needs an input “y” to which graphs\.denoise\.inputs assigns no role/],
    ['a tensor has another number of channels', regraphed('denoise', (model) => { dims(model, 'x')[1] = { dimValue: 4 }; }), /has a tensor “x” \(graphs\.denoise\.inputs\.x\) that is of shape \[\?, 4, \?, \?\], but must be \[\?, 3, \?, \?\]/],
    ['a tensor has another rank', regraphed('denoise', (model) => { dims(model, 'x').pop(); }), /that is of shape \[\?, 3, \?\], but must be/],
    ['a tensor has a fixed size', regraphed('denoise', (model) => { dims(model, 'x')[2] = { dimValue: 64 }; }), /has a tensor “x” \(graphs\.denoise\.inputs\.x\) of fixed size 64×\?/],
    ['a tensor has another type', regraphed('denoise', (model) => { tensorType(model, 'x').elemType = ELEMENT.int64; }), /that is of element type 7, but must be float32, float16 or double/],
    ['a timestep has the shape of an image', regraphed('denoise', (model) => { dims(model, 't').push({ dimValue: 3 }); }), /“t” \(graphs\.denoise\.inputs\.t\) that is of rank 2, but a timestep is one number per image/],
    ['a timestep is a text', regraphed('denoise', (model) => { tensorType(model, 't').elemType = 8; }), /of element type 8, but a timestep must be an integer or a float/],
    ['condition and denoise have different shapes', regraphed('denoise', (model) => { dims(model, 'cond')[1] = { dimValue: 32 }; }), /has an input “cond” \(cond\) of shape \[\?, 32, \?, \?\], but must be \[\?, 64, \?, \?\] like the output of condition/],
    ['external weights are not listed', regraphed('denoise', (model) => Object.assign(model.graph.initializer[0]!, { dataLocation: 1, externalData: [{ key: 'location', value: 'weights.bin' }] })), /stores weights in weights\.bin, which graphs\.denoise\.externalData does not list/],
  ]; // prettier-ignore

  for (const [name, damage, says] of defects) {
    it(`rejects a bundle when ${name}`, async () => {
      const error = await failure(damage);
      assert.equal(error.code, 'MODEL_INVALID');
      assert.match(error.message, says);
      assert.match(error.message, /\.(json|onnx)/, 'it names the file');
    });
  }

  it('rejects what does not go with a latent model', () =>
    withFolder(async (folder) => {
      const encoded = { file: 'encode.onnx', sha256: '0'.repeat(64), dims: [1] };
      for (const [field, value, says] of [
        ['graphs.decode', undefined, /invalid in graphs: “encode” and “decode” go together/],
        ['grid.factor', 16, /invalid in multiple: 2 source pixels · scale 4 is not a multiple of the grid factor 16/],
        ['constants.y', encoded, /invalid in constants: “y” is a reserved name/],
      ] as const) {
        await writeTiny(folder, 'dossr');
        await openBundle(folder);
        await set(field, value)(folder);
        assert.match((await openFailure(folder)).message, says);
      }
    }));

  it('rejects what does not go with inpainting', () =>
    withFolder(async (folder) => {
      await writeHoles(folder);
      await openBundle(folder);
      const prompt = { file: 'denoise.onnx', sha256: '0'.repeat(64), inputs: { lq: 'lq' }, outputs: { words: 'out' } };
      for (const [field, value, says] of [
        ['scale', 2, /invalid in scale: an inpainting model must have scale 1/],
        ['colorFix', 'wavelet', /invalid in colorFix: an inpainting model must have “none”/],
        ['graphs.prompt', prompt, /invalid in graphs\.prompt: an inpainting model cannot have one/],
      ] as const) {
        await writeHoles(folder);
        await set(field, value)(folder);
        assert.match((await openFailure(folder)).message, says);
      }
    }));

  it('external weights must be listed by their own name', () =>
    withCopy(async (folder) => {
      const externalData = [{ key: 'location', value: 'weights.bin' }];
      await regraphed('denoise', ({ graph }) =>
        Object.assign(graph.initializer[0]!, { dataLocation: 1, externalData }),
      )(folder);
      const list = async (file: string): Promise<void> => {
        await writeFile(join(folder, file), 'weights');
        const sha256 = createHash('sha256').update('weights').digest('hex');
        await set('graphs.denoise.externalData', [{ file, sha256 }])(folder);
      };
      await list('weights.bin');
      await openBundle(folder);
      await list('others.bin');
      assert.match((await openFailure(folder)).message, /stores weights in weights\.bin, which .* does not list/);
    }));

  it('external data of constants, also in subgraphs and functions, must be listed too', async () => {
    const externalData = [{ key: 'location', value: 'hidden.bin' }];
    const hidden = { name: 'hidden', dims: [1], dataType: 1, dataLocation: 1, externalData };
    const constant = {
      opType: 'Constant',
      input: [],
      output: ['unused'],
      attribute: [{ name: 'value', type: 4, t: hidden }],
    };
    const body = { name: 'body', node: [constant], initializer: [], input: [], output: [] };
    const unused = {
      opType: 'If',
      input: [],
      output: ['unused'],
      attribute: [{ name: 'then_branch', type: 5, g: body }],
    };
    for (const change of [
      (model: OnnxModel) => model.graph.node.push(constant),
      (model: OnnxModel) => model.graph.node.push(unused),
      (model: OnnxModel) => Object.assign(model, { functions: [{ name: 'f', domain: 'd', node: [constant] }] }),
    ]) {
      await withCopy(async (folder) => {
        await regraphed('denoise', change)(folder);
        assert.match((await openFailure(folder)).message, /stores weights in hidden\.bin, which .* does not list/);
      });
    }
  });

  it('rejects weights that are NaN or infinite, wherever they are', async () => {
    const bits = { nan: 0x7fc00000, infinite: 0xff800000 };
    for (const word of Object.values(bits)) {
      await withCopy(async (folder) => {
        await regraphed('denoise', ({ graph }) => {
          const weights = graph.initializer.find(({ dataType, rawData }) => dataType === 1 && rawData!.length > 64)!;
          weights.rawData = new Uint8Array(weights.rawData!);
          new DataView(weights.rawData.buffer).setUint32(8, word, true);
        })(folder);
        const error = await openFailure(folder);
        assert.deepEqual([error.code, /weights that are NaN or infinite/.test(error.message)], ['MODEL_INVALID', true]);
      });
    }
    await withCopy(async (folder) => {
      const data = new Uint8Array(Float32Array.of(0, 1, NaN).buffer);
      const sha256 = createHash('sha256').update(data).digest('hex');
      await writeFile(join(folder, 'w.bin'), data);
      const externalData = [
        { key: 'location', value: 'w.bin' },
        { key: 'offset', value: '4' },
      ];
      const tensor = { name: 'w', dims: [2], dataType: 1, dataLocation: 1, externalData };
      await regraphed('denoise', ({ graph }) => graph.initializer.push(tensor))(folder);
      await set('graphs.denoise.externalData', [{ file: 'w.bin', sha256 }])(folder);
      assert.match((await openFailure(folder)).message, /NaN or infinite \(w\)/);
    });
    await withFolder(async (folder) => {
      await writeTiny(folder, 'osediff');
      const data = new Uint8Array(Float32Array.of(1, 1, Infinity, 1).buffer);
      await writeFile(join(folder, 'prompt.bin'), data);
      await set('constants.prompt.sha256', createHash('sha256').update(data).digest('hex'))(folder);
      assert.match((await openFailure(folder)).message, /NaN or infinite \(constants\.prompt\.dims\)/);
    });
  });

  it('rejects a constant whose size differs from its dims', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff');
      await set('constants.prompt.dims', [1, 4, 1, 2])(folder);
      const error = await openFailure(folder);
      assert.match(
        error.message,
        /prompt\.bin holds 16 bytes, but float32 \[1, 4, 1, 2\] \(constants\.prompt\.dims\) is 32/,
      );
    }));

  it('rejects a constant whose shape differs from the input of the network', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff', { network: denoise(false) });
      await set('constants.prompt.dims', [4])(folder);
      const error = await openFailure(folder);
      assert.match(
        error.message,
        /“prompt” \(graphs\.denoise\.inputs\.prompt\) that is of shape \[1, 4, 1, 1\], but must be \[4\]/,
      );
    }));

  it('a face model may have a prompt graph', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff', { looks: promptGraph() });
      for (const [field, value] of [['task', 'face'], ['scale', 1], ['multiple', 8]] as const) await set(field, value)(folder); // prettier-ignore
      assert.equal((await openBundle(folder)).manifest.task, 'face');
    }));

  it('rejects a prompt graph with unknown inputs or incompatible outputs', () =>
    withFolder(async (folder) => {
      const says = async (network: OnnxModel, damage: (folder: string) => Promise<void>, sentence: RegExp) => {
        await writeTiny(folder, 'osediff', { looks: network });
        await damage(folder);
        const error = await openFailure(folder);
        assert.equal(error.code, 'MODEL_INVALID');
        assert.match(error.message, sentence);
      };
      const inputs = 'graphs.prompt.inputs';
      await says(
        promptGraph(),
        set(inputs, { picture: 'lq' }),
        /graphs\.prompt\.inputs: unknown role “picture”; known are lq/,
      );
      await says(promptGraph(), set('graphs.prompt.outputs', { y: 'words' }), /prompt\.outputs: “y” is already in use/);
      await says(
        promptGraph(),
        set('graphs.prompt.outputs', { words: 'words' }),
        /unknown role “prompt”; known are lq, .*words/,
      );
      await says(
        promptGraph(ELEMENT.float16),
        async () => {},
        /prompt\.onnx has a tensor “words” of element type 10, but must be float32/,
      );
      const shapeless = promptGraph();
      delete shapeless.graph.output[0]!.type!.tensorType!.shape;
      await says(shapeless, async () => {}, /prompt\.onnx has a tensor “words” of unknown rank/);
      const wide = promptGraph();
      wide.graph.output[0]!.type!.tensorType!.shape!.dim[1] = { dimValue: 5 };
      await says(
        wide,
        async () => {},
        /has an input “prompt” \(prompt\) of shape \[1, 4, 1, 1\], but .* like the output of prompt/,
      );
    }));

  it('with fixed tiles, the graphs must have the tile size', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'osediff', { side: 16 });
      assert.equal((await openBundle(folder)).manifest.tile.fixed, true);
      await set('tile.size', 32)(folder);
      assert.match(
        (await openFailure(folder)).message,
        /has a tensor “picture” \(graphs\.encode\.inputs\.picture\) of fixed size 64×64, but the tiles need 128×128/,
      );
      await set('tile.fixed', false)(folder);
      assert.match((await openFailure(folder)).message, /of fixed size 64×64$/);
    }));

  it('rejects a number of steps outside the schedule', async () => {
    const { manifest } = await openBundle(X4);
    for (const steps of [0, 5, 1.5, -1, Number.NaN]) {
      assert.throws(
        () => planFor(manifest, steps),
        (error: unknown) =>
          error instanceof RemasterError && error.code === 'BAD_SETTING' && /1 to 4 steps/.test(error.message),
      );
    }
    assert.deepEqual(
      [1, 2, 3, 4].map((steps) => planFor(manifest, steps).steps.length),
      [1, 2, 3, 4],
    );
  });

  it('rejects an order for samplers without one', async () => {
    const { manifest } = await openBundle(X4);
    assert.throws(
      () => planFor(manifest, null, 2),
      (error: unknown) =>
        error instanceof RemasterError &&
        error.code === 'BAD_SETTING' &&
        /x4 is a resshift model, whose sampler has no order/.test(error.message),
    );
  });
});

const tensorType = (model: OnnxModel, name: string) =>
  model.graph.input.find((value) => value.name === name)!.type!.tensorType!;

const dims = (model: OnnxModel, name: string) => tensorType(model, name).shape!.dim;

async function half(path: string): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
}

async function rewrite(folder: string, from: string, to: string): Promise<void> {
  const path = join(folder, 'model.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}
