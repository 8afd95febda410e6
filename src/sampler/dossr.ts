import { differenceWeights } from './differences';
import { type DoSSRLevel, dossrSchedule } from './dossrSchedule';
import type { PlanStep, SamplerPlan } from './plan';
import { requireSetting } from './setting';

export interface DoSSRSettings {
  /** N, 1 … 499; official 5. */
  readonly steps: number;
  /** Number of predictions that a step uses. Official 3; 1 is recommended from 10 steps on. With one step all are equal. */
  readonly order: 1 | 2 | 3;
}

/**
 * DoSSR's solvers of the domain-shift SDE (arXiv 2409.17778): from t = 499, which consists of the low-resolution latent
 * and noise, to t = 0. The last step adds noise too (standard deviation 0.029), and its state is decoded.
 */
export function dossr({ steps, order }: DoSSRSettings): SamplerPlan {
  requireSetting('order', order, '1, 2 or 3', [1, 2, 3].includes(order));
  const levels = dossrSchedule(steps);
  const last = levels.at(-1)!;
  return {
    start: { lq: last.signal, noise: last.sigma },
    steps: Array.from({ length: steps }, (_, i) => step(levels, steps - i, Math.min(order, i + 1))),
  };
}

/** From level j to level j − 1. */
function step(levels: readonly DoSSRLevel[], j: number, order: number): PlanStep {
  const from = levels[j]!;
  const to = levels[j - 1]!;
  const r2 = (to.lambda / from.lambda) ** 2;
  return {
    t: from.t,
    input: 1,
    clean: { x: Math.sqrt(1 / from.alphaBar), out: -Math.sqrt(1 / from.alphaBar - 1), lq: 0 },
    next: {
      x: (to.weight / from.weight) * r2,
      lq: to.weight * (to.eta / (1 - to.eta) - (r2 * from.eta) / (1 - from.eta)),
      clean: cleanWeights(levels, j, order),
      noise: to.weight * Math.sqrt(to.lambda ** 2 * (1 - r2)),
    },
  };
}

/** x̂₀ as a function of λ, expanded around λ_j and integrated exactly: weights of this prediction and of past ones. */
function cleanWeights(levels: readonly DoSSRLevel[], j: number, order: number): readonly number[] {
  const lambda = (ago: number) => levels[j + ago]!.lambda;
  const to = levels[j - 1]!;
  const drop = lambda(0) - to.lambda;
  const r = to.lambda / lambda(0);
  const first = -(drop ** 2) / lambda(0);
  const second = ((lambda(0) - 3 * to.lambda) * drop) / 2 - to.lambda ** 2 * Math.log(r);
  const weights = differenceWeights(lambda, [first, second].slice(0, order - 1));
  return weights.map((weight, ago) => to.weight * (weight + (ago === 0 ? 1 - r ** 2 : 0)));
}
