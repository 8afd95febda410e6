import { ENCODER_DRAW } from '../../sampler/noise';
import { drawsOf, type SamplerPlan } from '../../sampler/plan';
import type { Bundle } from '../bundle/bundle';
import { type Manifest, promptRoles } from '../bundle/manifest';
import type { ModelInfo } from '../model';
import { bicubicNode } from '../onnx/bicubicNode';
import { boundary, cast, type Edge, emit, floats, graphBuilder, type GraphBuilder, scalar } from '../onnx/builder';
import { ELEMENT, type OnnxModel } from '../onnx/graph';
import { signature } from '../onnx/signature';
import { waveletNode } from '../onnx/waveletNode';
import { batchLimit } from './batchLimit';
import { type Edges, BundleGraphs } from './bundleGraphs';
import { fusedModel } from './fusedModel';
import { shapesOf } from './fusedShapes';
import { clamp, elementOf, pixelsIn, pixelsOut } from './pixelIO';
import { tileMemory } from './tileMemory';
import { affine, unrollSteps } from './unrollSteps';

export interface FuseSettings {
  readonly plan: SamplerPlan;
  readonly colorFix: Manifest['colorFix'];
  /** Blends the model's output (1) with the bicubic enlargement (0). */
  readonly strength: number;
  /** Bits per sample of input and output. */
  readonly depth: 8 | 16;
  /** Returns the image that the `preprocess` graph made, too; see `ModelInfo`. Default null. */
  readonly referenceRange?: ModelInfo['referenceRange'] | null;
}

/** One graph from pixels to pixels, with its inputs and outputs. */
export interface Fused {
  readonly model: OnnxModel;
  /** Input, [n, h, w, 3] samples. An inpainting bundle also has `mask`, uint8 [n, 1, h, w], 255 = fill. */
  readonly frames: 'frames';
  /** Output, [n, h·scale, w·scale, 3] samples, or with a reference [n, 2·h·scale, w·scale, 3]: the result, then the reference. */
  readonly result: 'result';
  readonly referenceRange: ModelInfo['referenceRange'] | null;
  /** Noise inputs, N(0, 1), [1 or n, channels, h·scale/factor, w·scale/factor], with the draw of each. */
  readonly noise: readonly { readonly input: string; readonly draw: number }[];
  /** Inputs for the outputs of the `prompt` graph, one for the whole batch, with the role of each. */
  readonly prompts: readonly { readonly input: string; readonly role: string }[];
  /** Maximum batch size; null = unlimited. Some exporters fix it. */
  readonly batchLimit: number | null;
  /** Estimated bytes that a tile takes, per source pixel. */
  readonly tileMemory: number;
}

/**
 * Compiles bundle and plan into one ONNX graph. The sampler's arithmetic between two network calls is a few weighted sums
 * with known weights, which become constants, so only pixels are passed to onnxruntime. `condition` runs once; `denoise`
 * is copied per step, without its weights.
 */
export function fuse(bundle: Bundle, settings: FuseSettings): Fused {
  const graph = graphBuilder();
  const inputs = inputsOf(bundle, settings);
  const result = upscale(graph, bundle, settings, inputs);
  const limit = batchLimit(bundle);
  const referenceRange = settings.referenceRange ?? null;
  const shapes = shapesOf(bundle, limit, referenceRange !== null);
  const model = fusedModel(
    bundle,
    graph,
    [
      boundary(inputs.frames, shapes.frames),
      ...(inputs.mask ? [boundary(inputs.mask, shapes.mask)] : []),
      ...[...inputs.noise.values()].map((edge) => boundary(edge, shapes.noise)),
      ...inputs.prompts.map(({ role, edge }) => boundary(edge, promptDims(bundle, role, edge.name))),
    ],
    [boundary(result, shapes.result)],
  );
  return {
    model,
    frames: 'frames',
    result: 'result',
    referenceRange,
    noise: [...inputs.noise].map(([draw, { name }]) => ({ input: name, draw })),
    prompts: inputs.prompts.map(({ role, edge }) => ({ role, input: edge.name })),
    batchLimit: limit,
    tileMemory: tileMemory(bundle),
  };
}

/** Inputs of the fused graph. */
interface Inputs {
  readonly frames: Edge;
  /** Null unless the bundle inpaints. */
  readonly mask: Edge | null;
  /** By draw. */
  readonly noise: ReadonlyMap<number, Edge>;
  readonly prompts: readonly { readonly role: string; readonly edge: Edge }[];
}

function inputsOf({ manifest }: Bundle, { plan, depth }: FuseSettings): Inputs {
  const isEncoderNoisy = manifest.graphs.encode?.outputs['deviation'] !== undefined;
  const draws = [...(isEncoderNoisy ? [ENCODER_DRAW] : []), ...drawsOf(plan)];
  return {
    frames: { name: 'frames', element: elementOf(depth) },
    mask: manifest.task === 'inpaint' ? { name: 'mask', element: ELEMENT.uint8 } : null,
    noise: new Map(draws.map((draw) => [draw, { name: noiseName(draw), element: ELEMENT.float }])),
    prompts: promptRoles(manifest).map((role) => ({ role, edge: { name: `prompt_${role}`, element: ELEMENT.float } })),
  };
}

/** Adds the nodes from the inputs to the samples of the result. */
function upscale(graph: GraphBuilder, bundle: Bundle, settings: FuseSettings, inputs: Inputs): Edge {
  const { manifest, constants } = bundle;
  const { range, scale } = manifest;
  const { plan, colorFix, strength, depth, referenceRange = null } = settings;
  const { frames, mask, noise, prompts } = inputs;
  const parts = new BundleGraphs(graph, bundle);

  const edges = new Map<string, Edge>();
  for (const [role, { dims, data }] of Object.entries(constants)) edges.set(role, floats(graph, dims, data));
  for (const { role, edge } of prompts) edges.set(role, edge);
  const source = pixelsIn(graph, frames, depth, range);
  const masked = mask && isMasked(graph, mask);
  edges.set('lq', masked ? emit(graph, 'Where', [masked, scalar(graph, range[0]), source], {}, ELEMENT.float) : source);
  if (masked) edges.set('mask', signedMask(graph, masked));
  edges.set(
    'picture',
    parts.has('preprocess') ? preprocess(parts, edges) : bicubicNode(graph, edges.get('lq')!, scale),
  );
  edges.set('y', parts.has('encode') ? encode(parts, edges, noise) : edges.get('picture')!);
  if (parts.has('condition')) for (const [role, edge] of parts.run('condition', '', edges)) edges.set(role, edge);

  const clean = unrollSteps(parts, plan, edges, noise, frames);
  const decoded = parts.has('decode') ? decode(parts, edges, clean) : clean;
  const fixed = colorFix === 'wavelet' ? waveletNode(graph, decoded, edges.get('picture')!) : decoded;
  const mixed = affine(graph, [
    [1 - strength, edges.get('picture')!],
    [strength, fixed],
  ]);
  // Pixels outside the mask stay bit-identical: converting to the range and back is exact.
  const composed = masked ? emit(graph, 'Where', [masked, mixed, source], {}, ELEMENT.float) : mixed;
  const samples =
    referenceRange === null
      ? pixelsOut(graph, composed, depth, range)
      : withReference(graph, composed, edges.get('picture')!, range, referenceRange);
  graph.node.push({ opType: 'Identity', name: 'result', input: [samples.name], output: ['result'] });
  return { name: 'result', element: samples.element };
}

function withReference(
  graph: GraphBuilder,
  image: Edge,
  reference: Edge,
  [black, white]: Manifest['range'],
  [low, high]: readonly [number, number],
): Edge {
  const wide = [black + low * (white - black), black + high * (white - black)] as const;
  return emit(graph, 'Concat', [pixelsOut(graph, image, 16, wide), pixelsOut(graph, reference, 16, wide)], { axis: 1 });
}

/** Boolean mask with the threshold at half white, because a mask may have been scaled or compressed. */
const isMasked = (graph: GraphBuilder, mask: Edge): Edge =>
  emit(graph, 'Greater', [cast(graph, mask, ELEMENT.float), scalar(graph, 127)], {}, ELEMENT.bool);

/** +1 inside the mask, −1 outside. */
const signedMask = (graph: GraphBuilder, masked: Edge): Edge =>
  affine(graph, [
    [2, cast(graph, masked, ELEMENT.float)],
    [1, scalar(graph, -1)],
  ]);

const noiseName = (draw: number): string => (draw === ENCODER_DRAW ? 'noise_encoder' : `noise_${draw}`);

/** The shape that the `prompt` graph declares, with names for dynamic dimensions. */
function promptDims({ manifest, graphs }: Bundle, role: string, input: string): readonly (number | string)[] {
  const tensor = manifest.graphs.prompt!.outputs[role];
  const { dims } = signature(graphs.prompt!.graph.output.find(({ name }) => name === tensor)!);
  return (dims ?? []).map((dim, i) => dim ?? `${input}_${i}`);
}

function preprocess(parts: BundleGraphs, edges: Edges): Edge {
  const filled = parts.run('preprocess', '', edges).get('picture')!;
  const [low, high] = parts.bundle.manifest.range;
  return clamp(parts.graph, filled, low, high);
}

function encode(parts: BundleGraphs, edges: Edges, noise: ReadonlyMap<number, Edge>): Edge {
  const outputs = parts.run('encode', '', edges);
  const deviation = outputs.get('deviation');
  if (!deviation) return outputs.get('latent')!;
  const spread = emit(parts.graph, 'Mul', [deviation, noise.get(ENCODER_DRAW)!]);
  return emit(parts.graph, 'Add', [outputs.get('latent')!, spread]);
}

const decode = (parts: BundleGraphs, edges: Edges, latent: Edge): Edge =>
  parts.run('decode', '', new Map([...edges, ['latent', latent]])).get('picture')!;
