import { drawsOf, type PlanStep, type SamplerPlan } from '../sampler/plan';
import { ENCODER_DRAW } from '../sampler/noise';
import type { Bundle } from './bundle';
import { enlarge } from './enlarge';
import { signature } from './graphCheck';
import { boundary, cast, type Edge, emit, floats, type GraphBuilder, graphBuilder, int64s, scalar } from './graphBuilder';
import type { GraphRole, Range } from './manifest';
import { ELEMENT, type OnnxModel, type OnnxValue, toNumber } from './onnx';
import { mergeOpsets } from './opsets';
import { batchSize, clamp, convertRange, elementOf, pixelsIn, pixelsOut } from './pixelEdges';
import { addPart, type Part, splice } from './splice';
import { waveletFix } from './waveletFix';

export interface FuseSettings {
  readonly plan: SamplerPlan;
  /** 1 = the model's picture, 0 = the plain enlarged one. */
  readonly strength: number;
  /** Bits per sample at both ends. */
  readonly depth: 8 | 16;
}

/** One graph from pixels to pixels, and how to feed it. */
export interface Fused {
  readonly model: OnnxModel;
  /** Input, [n, h, w, 3] samples. */
  readonly frames: 'frames';
  /** Output, [n, h·scale, w·scale, 3] samples. */
  readonly result: 'result';
  /** Inputs of N(0, 1), [1 or n, channels, h·scale/factor, w·scale/factor], with the draw each one holds. */
  readonly noise: readonly { readonly input: string; readonly draw: number }[];
  /** Pictures per run; null = any number. Some exporters fix it. */
  readonly batchLimit: number | null;
}

/** Roles and constants that exist so far. */
type Edges = ReadonlyMap<string, Edge>;

/**
 * Compiles bundle and plan into one ONNX graph: what happens between two network calls is a handful of sums with known
 * weights, so it goes into the graph as constants, and nothing but pixels crosses into onnxruntime. `condition` runs
 * once; `denoise` is repeated per step and its weights are not.
 */
export function fuse(bundle: Bundle, { plan, strength, depth }: FuseSettings): Fused {
  const { manifest, constants } = bundle;
  const { range, scale, grid } = manifest;
  const graph = graphBuilder();
  const parts = new Parts(graph, bundle);
  const frames: Edge = { name: 'frames', element: elementOf(depth) };
  const draws = [...(manifest.graphs.encode?.outputs['deviation'] === undefined ? [] : [ENCODER_DRAW]), ...drawsOf(plan)];
  const noise = new Map(draws.map((draw) => [draw, { name: noiseName(draw), element: ELEMENT.float }]));

  const edges = new Map<string, Edge>();
  for (const [role, { dims, data }] of Object.entries(constants)) edges.set(role, floats(graph, dims, data));
  edges.set('lq', pixelsIn(graph, frames, depth, range));
  edges.set('picture', parts.has('preprocess') ? preprocess(parts, edges) : enlarge(graph, edges.get('lq')!, scale));
  edges.set('y', parts.has('encode') ? encode(parts, edges, noise) : edges.get('picture')!);
  if (parts.has('condition')) for (const [role, edge] of parts.run('condition', '', edges)) edges.set(role, edge);

  const clean = walk(parts, plan, edges, noise, frames);
  const picture = parts.has('decode') ? decode(parts, edges, clean) : clean;
  const fixed = manifest.colorFix === 'wavelet' ? waveletFix(graph, picture, edges.get('picture')!) : picture;
  const mixed = affine(graph, [
    [1 - strength, edges.get('picture')!],
    [strength, fixed],
  ]);
  const samples = pixelsOut(graph, mixed, depth, range);
  const result = { name: 'result', element: samples.element };
  graph.node.push({ opType: 'Identity', name: 'result', input: [samples.name], output: ['result'] });

  const cells = [`h·${scale}/${grid.factor}`, `w·${scale}/${grid.factor}`];
  const model = parts.finish(
    [
      boundary(frames, ['n', 'h', 'w', 3]),
      ...[...noise.values()].map((edge) => boundary(edge, ['b', grid.channels, ...cells])),
    ],
    [boundary(result, ['n', `h·${scale}`, `w·${scale}`, 3])],
  );
  return {
    model,
    frames: 'frames',
    result: 'result',
    noise: draws.map((draw) => ({ input: noiseName(draw), draw })),
    batchLimit: parts.batchLimit(),
  };
}

const noiseName = (draw: number): string => (draw === ENCODER_DRAW ? 'noise_encoder' : `noise_${draw}`);

function preprocess(parts: Parts, edges: Edges): Edge {
  const picture = parts.run('preprocess', '', edges).get('picture')!;
  const [low, high] = parts.bundle.manifest.range;
  return clamp(parts.graph, picture, low, high);
}

function encode(parts: Parts, edges: Edges, noise: ReadonlyMap<number, Edge>): Edge {
  const made = parts.run('encode', '', edges);
  const deviation = made.get('deviation');
  if (!deviation) return made.get('latent')!;
  const spread = emit(parts.graph, 'Mul', [deviation, noise.get(ENCODER_DRAW)!]);
  return emit(parts.graph, 'Add', [made.get('latent')!, spread]);
}

const decode = (parts: Parts, edges: Edges, latent: Edge): Edge =>
  parts.run('decode', '', new Map([...edges, ['latent', latent]])).get('picture')!;

/** The steps, one after the other: the formulas of `SamplerPlan`, with the terms that weigh nothing left out. */
function walk(parts: Parts, plan: SamplerPlan, edges: Edges, noise: ReadonlyMap<number, Edge>, frames: Edge): Edge {
  const { graph } = parts;
  const y = edges.get('y')!;
  const noiseTerm = (draw: number, weight: number): Term[] => (weight === 0 ? [] : [[weight, noise.get(draw)!]]);
  let x = affine(graph, [[plan.start.lq, y], ...noiseTerm(0, plan.start.noise)]);
  /** x̂₀ of this step, of the one before it, … */
  let cleans: readonly Edge[] = [];
  for (const [index, step] of plan.steps.entries()) {
    const t = parts.takes('denoise', 't') ? timestep(parts, step.t, frames) : undefined;
    const input = affine(graph, [[step.input, x]]);
    const feeds = new Map([...edges, ['x', input], ...(t ? ([['t', t]] as const) : [])]);
    const out = parts.run('denoise', `${index}`, feeds).get('out')!;
    cleans = [cleanOf(graph, step, x, out, y), ...cleans];
    x = affine(graph, [
      ...step.next.clean.map((weight, ago): Term => [weight, cleans[ago]!]),
      [step.next.x, x],
      [step.next.lq, y],
      ...noiseTerm(index + 1, step.next.noise),
    ]);
  }
  return x;
}

function cleanOf(graph: GraphBuilder, { clean }: PlanStep, x: Edge, out: Edge, y: Edge): Edge {
  const value = affine(graph, [
    [clean.out, out],
    [clean.x, x],
    [clean.lq, y],
  ]);
  return clean.clamp === undefined ? value : clamp(graph, value, -clean.clamp, clean.clamp);
}

type Term = readonly [weight: number, edge: Edge];

/** Σ weight·edge. A weight of 0 leaves its term out, a weight of 1 its product. */
function affine(graph: GraphBuilder, terms: readonly Term[]): Edge {
  const kept = terms.filter(([weight]) => weight !== 0);
  const products = (kept.length > 0 ? kept : terms.slice(0, 1)).map(([weight, edge]) =>
    weight === 1 ? edge : emit(graph, 'Mul', [edge, scalar(graph, weight)]),
  );
  return products.reduce((sum, product) => emit(graph, 'Add', [sum, product]));
}

/** t in the type and shape that the network declares for it. */
function timestep(parts: Parts, t: number, frames: Edge): Edge {
  const { graph } = parts;
  const { element, dims } = signature(parts.input('denoise', 't'));
  const integer = element === ELEMENT.int64 || element === ELEMENT.int32;
  const length = dims?.[0] ?? 1;
  const shape = dims !== null && dims.length === 0 ? [] : [length];
  const values = Array.from<number>({ length: shape.length === 0 ? 1 : length }).fill(t);
  const value = cast(graph, integer ? int64s(graph, shape, values) : floats(graph, shape, values), element);
  const perPicture = dims !== null && dims.length === 1 && dims[0] === null;
  return perPicture ? emit(graph, 'Expand', [value, batchSize(graph, frames)]) : value;
}

/** The graphs of a bundle on their way into one. */
class Parts {
  readonly #parts = new Map<GraphRole, Part>();

  constructor(
    readonly graph: GraphBuilder,
    readonly bundle: Bundle,
  ) {
    for (const [role, model] of this.#models()) {
      const { file } = bundle.manifest.graphs[role]!;
      this.#parts.set(role, addPart(graph, `${role}/`, model, file.slice(0, file.lastIndexOf('/') + 1)));
    }
  }

  has(role: GraphRole): boolean {
    return this.#parts.has(role);
  }

  takes(graph: GraphRole, role: string): boolean {
    return role in this.bundle.manifest.graphs[graph]!.inputs;
  }

  /** What the graph itself says of the tensor behind one of its roles. */
  input(graph: GraphRole, role: string): OnnxValue {
    const { inputs } = this.bundle.manifest.graphs[graph]!;
    return this.bundle.graphs[graph]!.graph.input.find(({ name }) => name === inputs[role])!;
  }

  /** Splices the graph in once more; `repeat` tells its copies apart. Pictures come and go in the bundle's own range. */
  run(role: GraphRole, repeat: string, edges: Edges): ReadonlyMap<string, Edge> {
    const { inputs, outputs, range = this.bundle.manifest.range } = this.bundle.manifest.graphs[role]!;
    const feeds = new Map<string, Edge>();
    for (const [name, tensor] of Object.entries(inputs)) {
      const edge = this.#ranged(name, edges.get(name)!, this.bundle.manifest.range, range);
      feeds.set(tensor, cast(this.graph, edge, signature(this.input(role, name)).element));
    }
    const rename = splice(this.graph, `${role}${repeat}/`, this.#parts.get(role)!, feeds);
    const made = new Map<string, Edge>();
    for (const [name, tensor] of Object.entries(outputs)) {
      const value = this.bundle.graphs[role]!.graph.output.find((one) => one.name === tensor)!;
      const edge = cast(this.graph, { name: rename(tensor), element: signature(value).element }, ELEMENT.float);
      made.set(name, this.#ranged(name, edge, range, this.bundle.manifest.range));
    }
    return made;
  }

  #ranged(role: string, edge: Edge, from: Range, to: Range): Edge {
    return role === 'lq' || role === 'picture' ? convertRange(this.graph, edge, from, to) : edge;
  }

  /** The smallest batch that any graph has built in. */
  batchLimit(): number | null {
    const sizes = this.#models().flatMap(([role, model]) => {
      const fed = new Set(Object.entries(this.bundle.manifest.graphs[role]!.inputs).flatMap(([name, tensor]) =>
        name in this.bundle.constants ? [] : [tensor],
      ));
      return model.graph.input.flatMap((value) => (fed.has(value.name) ? (signature(value).dims?.[0] ?? []) : []));
    });
    return sizes.length === 0 ? null : Math.min(...sizes);
  }

  finish(input: OnnxValue[], output: OnnxValue[]): OnnxModel {
    const models = this.#models();
    const opsets = mergeOpsets(Object.fromEntries(models));
    return {
      irVersion: Math.max(8, ...models.map(([, { irVersion }]) => toNumber(irVersion))),
      producerName: 'remaster',
      opsetImport: opsets.map(({ domain, version }) => ({ domain, version })),
      graph: { name: this.bundle.manifest.name, ...this.graph, input, output },
      functions: models.flatMap(([, { functions = [] }]) => functions),
    };
  }

  #models(): readonly (readonly [GraphRole, OnnxModel])[] {
    return Object.entries(this.bundle.graphs) as [GraphRole, OnnxModel][];
  }
}
