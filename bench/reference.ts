import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { Bundle } from '../src/model/bundle/bundle';
import { FUSED_ROLES } from '../src/model/bundle/graphRoles';
import { type GraphRole, type Manifest, promptRoles, type Range } from '../src/model/bundle/manifest';
import { sessionOptions } from '../src/model/inference/providers';
import type { Runtime } from '../src/model/inference/runtime';
import { promptOf } from '../src/model/inference/shotPrompt';
import { toImage } from '../src/model/inference/tensorPixels';
import type { TileBatch } from '../src/model/model';
import { ELEMENT } from '../src/model/onnx/graph';
import { signature } from '../src/model/onnx/signature';
import { ENCODER_DRAW, type NoiseField } from '../src/sampler/noise';
import type { SamplerPlan } from '../src/sampler/plan';
import { bicubic } from '../test/sampler/reference/bicubic';
import { wavelet } from '../test/sampler/reference/colour';
import { sample } from '../test/sampler/reference/sample';
import type { Tensor } from '../test/sampler/reference/tensor';
import { toSamples } from './toSamples';

type ImageTensor = Tensor<Float32Array>;

export interface ReferenceSettings {
  readonly plan: SamplerPlan;
  readonly colorFix: Manifest['colorFix'];
  readonly strength: number;
  readonly depth: 8 | 16;
  readonly noise: NoiseField;
}

/** Runs tiles through the graphs of a bundle, step by step. */
export interface Reference {
  run(batch: TileBatch, settings: ReferenceSettings): Promise<Uint8Array>;
  release(): Promise<void>;
}

/**
 * The reference for the fused graph: the original graphs of the bundle, one session each, one tile at a time, with the
 * sampler in TypeScript. Slow; supports only float32 graphs on the CPU.
 */
export async function openReference(runtime: Runtime, bundle: Bundle): Promise<Reference> {
  const sessions = new Map<GraphRole, InferenceSession>();
  for (const role of FUSED_ROLES) {
    const entry = bundle.manifest.graphs[role];
    if (!entry) continue;
    const options = sessionOptions('cpu', 0, 0);
    sessions.set(role, await runtime.InferenceSession.create(join(bundle.folder, entry.file), options));
  }
  const run = runner(runtime, bundle, sessions);
  return {
    async run(batch, settings) {
      const tiles: Uint8Array[] = [];
      for (let i = 0; i < batch.keys.length; i++) tiles.push(await restoreTile(bundle, run, batch, i, settings));
      return Buffer.concat(tiles);
    },
    async release() {
      for (const session of sessions.values()) await session.release();
    },
  };
}

/** An image, or a constant or condition of any rank. */
interface Value {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

type Values = ReadonlyMap<string, Value>;
/** `t`: for graphs with a timestep. */
type Run = (role: GraphRole, values: Values, t?: number) => Promise<Values>;

async function restoreTile(
  { manifest, constants }: Bundle,
  run: Run,
  batch: TileBatch,
  index: number,
  { plan, colorFix, strength, depth, noise }: ReferenceSettings,
): Promise<Uint8Array> {
  const { graphs, range, scale, grid } = manifest;
  const values = new Map<string, Value>();
  for (const [role, { dims, data }] of Object.entries(constants)) values.set(role, { dims, data });
  for (const role of promptRoles(manifest)) values.set(role, promptOf(batch.keys.slice(index), role));
  const source = toImage(batch, index, depth, range);
  const mask = batch.mask && maskOf(batch, batch.mask, index);
  const lq = mask ? map(source, (v, i) => (isMasked(mask, i) ? range[0] : v)) : source;
  values.set('lq', lq);
  if (mask) values.set('mask', mask);
  const picture = graphs.preprocess
    ? map(imageOf(await run('preprocess', values), 'picture'), (v) => Math.min(range[1], Math.max(range[0], v)))
    : bicubic(lq, scale);
  values.set('picture', picture);

  const key = batch.keys[index]!;
  const cells = scale / grid.factor;
  const draw = (number: number, out: ImageTensor): void =>
    noise.fill(out.data, key, number, {
      x: Math.floor(key.x * cells),
      y: Math.floor(key.y * cells),
      width: out.dims[3],
      height: out.dims[2],
      channels: out.dims[1],
    });
  const y = graphs.encode ? posterior(await run('encode', values), draw) : picture;
  values.set('y', y);
  if (graphs.condition) for (const [role, value] of await run('condition', values)) values.set(role, value);

  const denoise = async (x: ImageTensor, t: number): Promise<ImageTensor> =>
    imageOf(await run('denoise', new Map([...values, ['x', x]]), t), 'out');
  const clean = await sample(plan, y, denoise, draw);
  const decoded = graphs.decode
    ? imageOf(await run('decode', new Map([...values, ['latent', clean]])), 'picture')
    : clean;
  const fixed = colorFix === 'wavelet' ? wavelet(decoded, picture) : decoded;
  const mixed = map(fixed, (v, i) => (1 - strength) * picture.data[i]! + strength * v);
  return toSamples(mask ? map(mixed, (v, i) => (isMasked(mask, i) ? v : source.data[i]!)) : mixed, depth, range);
}

/** Tile `index` of the mask as [1, 1, h, w]: +1 inside the mask, −1 outside. */
function maskOf({ width, height }: TileBatch, mask: Uint8Array, index: number): ImageTensor {
  const plane = width * height;
  const part = mask.subarray(index * plane, (index + 1) * plane);
  return { dims: [1, 1, height, width], data: Float32Array.from(part, (v) => (v > 127 ? 1 : -1)) };
}

/** True when sample `i` of an image is inside the mask. */
const isMasked = ({ data }: ImageTensor, i: number): boolean => data[i % data.length]! > 0;

/** y = latent + deviation·ε, or the latent when the encoder has no deviation output. */
function posterior(encoded: Values, draw: (number: number, out: ImageTensor) => void): ImageTensor {
  const latent = imageOf(encoded, 'latent');
  const deviation = encoded.get('deviation');
  if (!deviation) return latent;
  const epsilon = { dims: latent.dims, data: new Float32Array(latent.data.length) };
  draw(ENCODER_DRAW, epsilon);
  return map(latent, (v, i) => v + deviation.data[i]! * epsilon.data[i]!);
}

function runner(
  runtime: Runtime,
  { manifest, graphs }: Bundle,
  sessions: ReadonlyMap<GraphRole, InferenceSession>,
): Run {
  return async (role, values, t) => {
    const entry = manifest.graphs[role]!;
    const range = entry.range ?? manifest.range;
    const feeds: Record<string, InstanceType<Runtime['Tensor']>> = {};
    for (const [name, tensor] of Object.entries(entry.inputs)) {
      if (name === 't') {
        const declared = signature(graphs[role]!.graph.input.find((one) => one.name === tensor)!);
        feeds[tensor] = timestep(runtime, t!, declared.element, declared.dims?.length === 0 ? [] : [1]);
        continue;
      }
      const value = ranged(name, values.get(name)!, manifest.range, range);
      feeds[tensor] = new runtime.Tensor('float32', value.data, value.dims);
    }
    const results = await sessions.get(role)!.run(feeds);
    return new Map(
      Object.entries(entry.outputs).map(([name, tensor]) => {
        const { data, dims } = results[tensor]!;
        if (!(data instanceof Float32Array)) throw new Error(`${tensor} is not float32`);
        const value: Value = { dims, data };
        return [name, ranged(name, value, range, manifest.range)];
      }),
    );
  };
}

function timestep(
  runtime: Runtime,
  t: number,
  element: number,
  dims: readonly number[],
): InstanceType<Runtime['Tensor']> {
  switch (element) {
    case ELEMENT.int64:
      return new runtime.Tensor('int64', BigInt64Array.of(BigInt(t)), dims);
    case ELEMENT.int32:
      return new runtime.Tensor('int32', Int32Array.of(t), dims);
    default:
      return new runtime.Tensor('float32', Float32Array.of(t), dims);
  }
}

function ranged(role: string, value: Value, from: Range, to: Range): Value {
  if ((role !== 'lq' && role !== 'picture') || from[0] === to[0]) return value;
  return map(
    imageOf(new Map([[role, value]]), role),
    (v) => ((v - from[0]) / (from[1] - from[0])) * (to[1] - to[0]) + to[0],
  );
}

function imageOf(values: Values, role: string): ImageTensor {
  const { dims, data } = values.get(role)!;
  const [n, c, h, w] = dims;
  if (dims.length !== 4) throw new Error(`${role} has ${dims.length} dimensions instead of 4`);
  return { dims: [n!, c!, h!, w!], data };
}

function map({ dims, data }: ImageTensor, change: (value: number, i: number) => number): ImageTensor {
  return { dims, data: data.map(change) };
}
