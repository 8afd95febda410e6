import type { PlanStep, SamplerPlan } from '../../sampler/plan';
import { cast, type Edge, emit, floats, type GraphBuilder, int64s, scalar } from '../onnx/builder';
import { ELEMENT } from '../onnx/graph';
import { signature } from '../onnx/signature';
import { timestepBranch } from '../onnx/timestepBranch';
import type { Edges, BundleGraphs } from './bundleGraphs';
import { batchSize, clamp } from './pixelIO';

/** Unrolls the steps: the formulas of `SamplerPlan` without the terms of weight 0. */
export function unrollSteps(
  parts: BundleGraphs,
  plan: SamplerPlan,
  edges: Edges,
  noise: ReadonlyMap<number, Edge>,
  frames: Edge,
): Edge {
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
export function affine(graph: GraphBuilder, terms: readonly Term[]): Edge {
  const kept = terms.filter(([weight]) => weight !== 0);
  const products = (kept.length > 0 ? kept : terms.slice(0, 1)).map(([weight, edge]) =>
    weight === 1 ? edge : emit(graph, 'Mul', [edge, scalar(graph, weight)]),
  );
  return products.reduce((sum, product) => emit(graph, 'Add', [sum, product]));
}

/** t in the type and shape of the network's input. */
function timestep(parts: BundleGraphs, t: number, frames: Edge): Edge {
  const { graph } = parts;
  const { element, dims } = signature(parts.input('denoise', 't'));
  const integer = element === ELEMENT.int64 || element === ELEMENT.int32;
  const length = dims?.[0] ?? 1;
  const shape = dims !== null && dims.length === 0 ? [] : [length];
  const values = Array.from<number>({ length: shape.length === 0 ? 1 : length }).fill(t);
  const value = cast(graph, integer ? int64s(graph, shape, values) : floats(graph, shape, values), element);
  const perPicture = dims !== null && dims.length === 1 && dims[0] === null;
  const { manifest, graphs } = parts.bundle;
  const stretches = timestepBranch(graphs.denoise!, manifest.graphs.denoise.inputs['t']!);
  return perPicture && !stretches ? emit(graph, 'Expand', [value, batchSize(graph, frames)]) : value;
}
