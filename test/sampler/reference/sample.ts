import { RemasterError } from '../../../src/errors';
import type { PlanStep, SamplerPlan } from '../../../src/sampler/plan';
import { type Floats, type Tensor, zerosLike } from './tensor';

/** The network: returns its output for the scaled state `x` at timestep `t`. `step` counts from 0. Must not change `x`. */
export type Denoise<F extends Floats> = (x: Tensor<F>, t: number, step: number) => Tensor<F> | Promise<Tensor<F>>;

/** Fills `out` with N(0, 1) noise. Draw 0 is for the start, draw i + 1 for step i. */
export type Noise<F extends Floats> = (draw: number, out: Tensor<F>) => void;

/** All values of one step. The tensors are not modified later. */
export interface Trace<F extends Floats> {
  readonly step: number;
  readonly t: number;
  /** x, before the step. */
  readonly x: Tensor<F>;
  /** Input of the network, input·x. */
  readonly input: Tensor<F>;
  readonly out: Tensor<F>;
  /** x̂₀ */
  readonly clean: Tensor<F>;
  /** x, after the step. */
  readonly next: Tensor<F>;
}

/**
 * Runs a plan from the low-resolution image or latent `y` to the clean one, in the precision of `y`. This is the
 * reference for the fused graphs: simple rather than fast. Does not request draws of weight 0.
 */
export async function sample<F extends Floats>(
  plan: SamplerPlan,
  y: Tensor<F>,
  denoise: Denoise<F>,
  noise: Noise<F>,
  observe: (trace: Trace<F>) => void = () => {},
): Promise<Tensor<F>> {
  const draw = (index: number, weight: number): Tensor<F> => {
    const drawn = zerosLike(y);
    if (weight !== 0) noise(index, drawn);
    return drawn;
  };
  const { start } = plan;
  const start0 = draw(0, start.noise).data;
  let x = tensorOf(y, (i) => start.lq * y.data[i]! + start.noise * start0[i]!);
  /** x̂₀ of this step, of the one before it, … */
  let cleans: readonly Tensor<F>[] = [];
  for (const [index, step] of plan.steps.entries()) {
    const input = tensorOf(y, (i) => step.input * x.data[i]!);
    const out = await denoise(input, step.t, index);
    requireSameSize(out, y);
    const clean = cleanOf(step, x, out, y);
    cleans = [clean, ...cleans].slice(0, step.next.clean.length + 1);
    const next = nextOf(step, x, y, cleans, draw(index + 1, step.next.noise));
    observe({ step: index, t: step.t, x, input, out, clean, next });
    x = next;
  }
  return x;
}

/** x̂₀ = clean.x·x + clean.out·out + clean.lq·y */
function cleanOf<F extends Floats>({ clean }: PlanStep, x: Tensor<F>, out: Tensor<F>, y: Tensor<F>): Tensor<F> {
  const limit = clean.clamp ?? Infinity;
  return tensorOf(y, (i) => {
    const value = clean.x * x.data[i]! + clean.out * out.data[i]! + clean.lq * y.data[i]!;
    return Math.min(limit, Math.max(-limit, value));
  });
}

/** x ← next.x·x + next.lq·y + Σⱼ next.clean[j]·x̂₀(j steps ago) + next.noise·ε */
function nextOf<F extends Floats>(
  { next }: PlanStep,
  x: Tensor<F>,
  y: Tensor<F>,
  cleans: readonly Tensor<F>[],
  noise: Tensor<F>,
): Tensor<F> {
  return tensorOf(y, (i) => {
    let value = next.x * x.data[i]! + next.lq * y.data[i]! + next.noise * noise.data[i]!;
    for (const [ago, weight] of next.clean.entries()) value += weight * cleans[ago]!.data[i]!;
    return value;
  });
}

function tensorOf<F extends Floats>(like: Tensor<F>, value: (i: number) => number): Tensor<F> {
  const result = zerosLike(like);
  for (let i = 0; i < result.data.length; i++) result.data[i] = value(i);
  return result;
}

function requireSameSize(out: Tensor, y: Tensor): void {
  if (out.dims.join() === y.dims.join()) return;
  const message = `the network returned [${out.dims.join(', ')}], but the sampler needs [${y.dims.join(', ')}]`;
  throw new RemasterError('MODEL_INCOMPATIBLE', message);
}
