import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBundle } from '../../src/model/bundle/modelLibrary';
import { boundary, cast, type Edge, emit, floats, type GraphBuilder, graphBuilder } from '../../src/model/onnx/builder';
import { ELEMENT, encodeModel, type OnnxModel } from '../../src/model/onnx/graph';
import { osediff } from '../../src/sampler/osediff';

/** The folder of the embedded bundle. */
export const X4 = findBundle('x4');

/** A new folder for every test, deleted afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'remaster-model-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A copy of the embedded bundle that a test may change. */
export const withCopy = <T>(use: (folder: string) => Promise<T>): Promise<T> =>
  withFolder(async (folder) => {
    await cp(X4, folder, { recursive: true });
    return use(folder);
  });

type Dims = readonly (number | string)[];
/** Name → element type and shape of the inputs or outputs of a graph. */
type Ends = Readonly<Record<string, readonly [element: number, dims: Dims]>>;

/** A graph whose nodes are added by `build`. */
export function graphOf(
  inputs: Ends,
  outputs: Ends,
  build: (graph: GraphBuilder, edges: Readonly<Record<string, Edge>>) => Readonly<Record<string, Edge>>,
  opset = 17,
): OnnxModel {
  const graph = graphBuilder();
  const edges = Object.fromEntries(Object.entries(inputs).map(([name, [element]]) => [name, { name, element }]));
  const made = build(graph, edges);
  for (const [name, edge] of Object.entries(made)) {
    graph.node.push({ opType: 'Identity', name: `to ${name}`, input: [edge.name], output: [name] });
  }
  const ends = (all: Ends) => Object.entries(all).map(([name, [element, dims]]) => boundary({ name, element }, dims));
  const opsetImport = [{ domain: '', version: opset }];
  return { irVersion: 8, opsetImport, graph: { name: 'tiny', ...graph, input: ends(inputs), output: ends(outputs) } };
}

/** Pseudo-random numbers, equal in every run. */
export const made = (count: number, size: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => size * Math.sin((i + 1) * (seed + 1) * 12.9898));

/** A 3×3 convolution that keeps the size. */
export function conv3(graph: GraphBuilder, x: Edge, from: number, to: number, seed: number): Edge {
  const weights = floats(graph, [to, from, 3, 3], made(to * from * 9, 0.5 / from, seed));
  return emit(graph, 'Conv', [x, weights], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
}

const F = ELEMENT.float;
const latent: Dims = ['n', 4, 'h', 'w'];

/** The same graph with fixed sizes: every free dimension gets its value from `sizes`. */
export function frozen(model: OnnxModel, sizes: Readonly<Record<string, number>>): OnnxModel {
  for (const { type } of [...model.graph.input, ...model.graph.output]) {
    for (const dim of type?.tensorType?.shape?.dim ?? []) {
      if (dim.dimParam === undefined) continue;
      dim.dimValue = sizes[dim.dimParam]!;
      delete dim.dimParam;
    }
  }
  return model;
}

/** [n, 3, 8h, 8w] → [n, 4, h, w], and the spread of the posterior. */
const encode = (): OnnxModel =>
  graphOf({ picture: [F, ['n', 3, 'H', 'W']] }, { z: [F, latent], spread: [F, latent] }, (graph, { picture }) => {
    const weights = floats(graph, [4, 3, 8, 8], made(4 * 3 * 64, 0.06, 1));
    const z = emit(graph, 'Conv', [picture!, weights], { kernel_shape: [8, 8], strides: [8, 8] });
    return { z, spread: emit(graph, 'Mul', [z, floats(graph, [], [0.2])]) };
  });

const decode = (): OnnxModel =>
  graphOf({ z: [F, latent] }, { picture: [F, ['n', 3, 'H', 'W']] }, (graph, { z }) => {
    const weights = floats(graph, [4, 3, 8, 8], made(4 * 3 * 64, 0.5, 2));
    return { picture: emit(graph, 'ConvTranspose', [z!, weights], { kernel_shape: [8, 8], strides: [8, 8] }) };
  });

const condition = (): OnnxModel =>
  graphOf({ picture: [F, ['n', 3, 'H', 'W']] }, { c: [F, latent] }, (graph, { picture }) => {
    const weights = floats(graph, [4, 3, 8, 8], made(4 * 3 * 64, 0.05, 3));
    return { c: emit(graph, 'Conv', [picture!, weights], { kernel_shape: [8, 8], strides: [8, 8] }) };
  });

/** [n, 3, h, w] in 0…1 → [n, 3, 4h, 4w] */
const preprocess = (): OnnxModel =>
  graphOf({ lq: [F, ['n', 3, 'h', 'w']] }, { picture: [F, ['n', 3, 'H', 'W']] }, (graph, { lq }) => ({
    picture: emit(graph, 'DepthToSpace', [conv3(graph, lq!, 3, 48, 4)], { blocksize: 4, mode: 'CRD' }),
  }));

/** A whole frame in 0…1 → [1, 4, 1, 1]: its mean colour, mixed. */
export const promptGraph = (element: number = F): OnnxModel =>
  graphOf({ lq: [F, [1, 3, 'h', 'w']] }, { words: [element, [1, 4, 1, 1]] }, (graph, { lq }) => {
    const mean = emit(graph, 'GlobalAveragePool', [lq!]);
    const mixed = emit(graph, 'Conv', [mean, floats(graph, [4, 3, 1, 1], made(12, 0.1, 7))], { kernel_shape: [1, 1] });
    return { words: cast(graph, mixed, element) };
  });

export interface DenoiseOptions {
  /** Element type of all inputs and outputs except the timestep. */
  readonly element?: number;
  readonly timestep?: { readonly element: number; readonly dims: Dims };
  readonly batch?: number | string;
  readonly opset?: number;
  /** Adds the timestep by Concat, which does not broadcast a batch of one. */
  readonly concat?: boolean;
}

/** out = conv(x·(1 + t/2000) + c) + prompt */
export function denoise(withCondition: boolean, options: DenoiseOptions = {}): OnnxModel {
  const {
    element = F,
    timestep = { element: ELEMENT.int64, dims: ['n'] },
    batch = 'n',
    opset,
    concat = false,
  } = options;
  const dims: Dims = [batch, 4, 'h', 'w'];
  return graphOf(
    {
      x: [element, dims],
      t: [timestep.element, timestep.dims],
      prompt: [element, [1, 4, 1, 1]],
      ...(withCondition ? { c: [element, dims] as const } : {}),
    },
    { out: [element, dims] },
    (graph, { x, t, prompt, c }) => {
      const share = emit(graph, 'Mul', [cast(graph, t!, F), floats(graph, [], [1 / 2000])]);
      const gain = emit(graph, 'Reshape', [
        emit(graph, 'Add', [share, floats(graph, [], [1])]),
        shape(graph, [-1, 1, 1, 1]),
      ]);
      const scaled = concat
        ? perPicture(graph, cast(graph, x!, F), gain)
        : emit(graph, 'Mul', [cast(graph, x!, F), gain]);
      const sum = c ? emit(graph, 'Add', [scaled, cast(graph, c, F)]) : scaled;
      const out = emit(graph, 'Add', [conv3(graph, sum, 4, 4, 5), cast(graph, prompt!, F)]);
      return { out: cast(graph, out, element) };
    },
    opset,
  );
}

/** x·gain by way of a Concat of the two along the channels' sums: needs one gain per picture. */
function perPicture(graph: GraphBuilder, x: Edge, gain: Edge): Edge {
  const pooled = emit(graph, 'GlobalAveragePool', [x]);
  const both = emit(graph, 'Concat', [gain, pooled], { axis: 1 });
  const first = emit(graph, 'Gather', [both, shape(graph, [0])], { axis: 1 });
  return emit(graph, 'Mul', [x, first]);
}

function shape(graph: GraphBuilder, values: readonly number[]): Edge {
  const name = `shape_${graph.initializer.length}`;
  const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  graph.initializer.push({ name, dims: [values.length], dataType: ELEMENT.int64, rawData });
  return { name, element: ELEMENT.int64 };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export type System = 'osediff' | 'dossr';

export interface TinyOptions {
  readonly network?: OnnxModel;
  /** Replaces the constant prompt by a graph that computes it from the first frame of a shot. */
  readonly looks?: OnnxModel;
  /** Its graphs accept only tiles of this many source pixels, one at a time. */
  readonly side?: number;
  readonly changes?: object;
}

/** Writes a bundle of one of the two latent systems, with a network of a few hundred weights. */
export async function writeTiny(
  folder: string,
  system: System,
  { network = denoise(system === 'dossr'), looks, side, changes = {} }: TinyOptions = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const write = async (file: string, bytes: Uint8Array): Promise<{ file: string; sha256: string }> => {
    await writeFile(join(folder, file), bytes);
    return { file, sha256: sha256(bytes) };
  };
  const sized = (file: string, model: OnnxModel): OnnxModel => {
    if (side === undefined || file === 'prompt') return model;
    const small = file === 'pre' ? side : side / 2; // source pixels, or cells
    return frozen(model, { n: 1, h: small, w: small, H: 4 * side, W: 4 * side });
  };
  const graph = async (file: string, model: OnnxModel, inputs: object, outputs: object, more: object = {}) => ({
    ...(await write(`${file}.onnx`, encodeModel(sized(file, model)))),
    inputs,
    outputs,
    ...more,
  });
  const dossr = system === 'dossr';
  const spread = dossr ? { deviation: 'spread' } : {};
  const taken = { x: 'x', t: 't', prompt: 'prompt', ...(dossr ? { c: 'c' } : {}) };
  const words = new Uint8Array(Float32Array.from(made(4, 0.1, 6)).buffer);
  const manifest = {
    format: 1,
    name: `tiny-${system}`,
    title: 'Tiny',
    system,
    task: 'upscale',
    scale: 4,
    graphs: {
      ...(looks ? { prompt: await graph('prompt', looks, { lq: 'lq' }, { prompt: 'words' }, { range: [0, 1] }) } : {}),
      ...(dossr
        ? { preprocess: await graph('pre', preprocess(), { lq: 'lq' }, { picture: 'picture' }, { range: [0, 1] }) }
        : {}),
      encode: await graph('encode', encode(), { picture: 'picture' }, { latent: 'z', ...spread }),
      ...(dossr ? { condition: await graph('condition', condition(), { picture: 'picture' }, { c: 'c' }) } : {}),
      denoise: await graph('denoise', network, taken, { out: 'out' }),
      decode: await graph('decode', decode(), { latent: 'z' }, { picture: 'picture' }),
    },
    ...(looks ? {} : { constants: { prompt: { ...(await write('prompt.bin', words)), dims: [1, 4, 1, 1] } } }),
    grid: { factor: 8, channels: 4 },
    schedule: dossr ? { order: 3 } : {},
    defaultSteps: dossr ? 5 : 1,
    start: 'encode',
    range: [-1, 1],
    multiple: 2,
    tile:
      side === undefined
        ? { wholeUpTo: 4096, size: 64, overlap: 16 }
        : { wholeUpTo: 0, size: side, overlap: 4, fixed: true },
    colorFix: dossr ? 'wavelet' : 'none',
    precision: 'float32',
    licence: { name: 'none', redistributable: false },
    source: 'A test.',
    ...changes,
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}

/**
 * Writes a bundle for faces of `side` × `side` pixels: with `keeps` 1 the output is the input, bit by bit; less mixes in
 * the state of the sampler, including its noise.
 */
export function writeFace(folder: string, side: number, keeps: number): Promise<string> {
  const dims: Dims = ['n', 3, 'h', 'w'];
  const network = graphOf({ x: [F, dims], lq: [F, dims] }, { out: [F, dims] }, (graph, { x, lq }) => ({
    out: emit(graph, 'Add', [
      emit(graph, 'Mul', [lq!, floats(graph, [], [keeps])]),
      emit(graph, 'Mul', [x!, floats(graph, [], [1 - keeps])]),
    ]),
  }));
  const tile = { wholeUpTo: side * side, size: side, overlap: 0 };
  return writePixels(folder, network, { name: 'tiny-face', task: 'face', tile });
}

/** Writes a bundle whose output is the input, bit by bit, at the same size. */
export function writeIdentity(folder: string): Promise<string> {
  const dims: Dims = ['n', 3, 'h', 'w'];
  const network = graphOf({ x: [F, dims], lq: [F, dims] }, { out: [F, dims] }, (graph, { x, lq }) => ({
    out: emit(graph, 'Add', [lq!, emit(graph, 'Mul', [x!, floats(graph, [], [0])])]),
  }));
  const changes = { name: 'identity', task: 'restore', multiple: 1, defaultSteps: 1 };
  return writePixels(folder, network, { ...changes, tile: { wholeUpTo: 2 ** 24, size: 512, overlap: 16 } });
}

/** Writes a bundle that enlarges plainly (bicubic), without noise: its network returns the enlarged frame. */
export function writeEnlargement(folder: string, scale: number, tile: object): Promise<string> {
  const dims: Dims = ['n', 3, 'h', 'w'];
  const [step] = osediff().steps;
  const { x: gain, out: share } = step!.clean;
  // The plan returns gain · x + share · out, which is to be x.
  const network = graphOf({ x: [F, dims] }, { out: [F, dims] }, (graph, { x }) => ({
    out: emit(graph, 'Mul', [x!, floats(graph, [], [(1 - gain) / share])]),
  }));
  const system = { system: 'osediff', schedule: {}, defaultSteps: 1 };
  return writePixels(folder, network, { name: 'enlargement', scale, task: 'upscale', multiple: 1, tile, ...system });
}

/** Writes a bundle that makes everything one colour: 0 is black, 1 white. */
export function writeSingleColour(folder: string, colour: number): Promise<string> {
  const dims: Dims = ['n', 3, 'h', 'w'];
  const network = graphOf({ x: [F, dims], lq: [F, dims] }, { out: [F, dims] }, (graph, { x, lq }) => {
    const none = emit(graph, 'Mul', [emit(graph, 'Add', [x!, lq!]), floats(graph, [], [0])]);
    return { out: emit(graph, 'Add', [none, floats(graph, [], [2 * colour - 1])]) };
  });
  const changes = { name: 'single-colour', task: 'restore', multiple: 1, defaultSteps: 1 };
  return writePixels(folder, network, { ...changes, tile: { wholeUpTo: 2 ** 24, size: 512, overlap: 16 } });
}

/**
 * Writes an inpainting bundle: its grey output depends on the mask, the sampler's state and, at the edge of the mask, on the pixels
 * around it. The network also changes pixels outside the mask, which must be discarded. `startsFilled`: a graph fills the frame first.
 */
export async function writeHoles(folder: string, changes: object = {}, startsFilled = false): Promise<string> {
  const dims: Dims = ['n', 3, 'h', 'w'];
  const ends = { x: [F, dims], lq: [F, dims], mask: [F, ['n', 1, 'h', 'w']] } as const;
  const network = graphOf(ends, { out: [F, dims] }, (graph, { x, lq, mask }) => ({
    out: emit(graph, 'Add', [
      emit(graph, 'Add', [conv3(graph, lq!, 3, 3, 8), emit(graph, 'Mul', [x!, floats(graph, [], [0.1])])]),
      emit(graph, 'Mul', [mask!, floats(graph, [], [0.3])]),
    ]),
  }));
  const tile = { wholeUpTo: 0, size: 32, overlap: 8 };
  const fill = graphOf({ lq: ends.lq, mask: ends.mask }, { picture: [F, dims] }, (graph, { lq, mask }) => ({
    picture: emit(graph, 'Add', [lq!, emit(graph, 'Relu', [mask!])]), // black becomes grey
  }));
  const more = startsFilled ? { preprocess: fill } : {};
  return writePixels(folder, network, { name: 'tiny-holes', task: 'inpaint', tile, ...changes }, more);
}

/** Writes a bundle that samples in pixel space at the size of the source; the roles of its network are named like its tensors. */
async function writePixels(
  folder: string,
  network: OnnxModel,
  changes: object,
  more: Readonly<Record<string, OnnxModel>> = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const graphs: Record<string, object> = {};
  for (const [role, model] of Object.entries({ ...more, denoise: network })) {
    const file = `${role}.onnx`;
    const bytes = encodeModel(model);
    await writeFile(join(folder, file), bytes);
    const named = (values: OnnxModel['graph']['input']) => Object.fromEntries(values.map(({ name }) => [name, name]));
    graphs[role] = {
      file,
      sha256: sha256(bytes),
      inputs: named(model.graph.input),
      outputs: named(model.graph.output),
    };
  }
  const manifest = {
    format: 1,
    title: 'Tiny',
    system: 'resshift',
    scale: 1,
    graphs,
    grid: { factor: 1, channels: 3 },
    schedule: {
      steps: 4,
      kappa: 2,
      minNoise: 0.2,
      etasEnd: 0.99,
      power: 0.3,
      predicts: 'xstart',
      input: { kind: 'none' },
    },
    defaultSteps: 4,
    start: 'bicubic',
    range: [-1, 1],
    multiple: 8,
    colorFix: 'none',
    precision: 'float32',
    licence: { name: 'none', redistributable: false },
    source: 'A test.',
    ...changes,
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}
