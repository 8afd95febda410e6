import { differenceWeights } from '../../../src/sampler/differences';
import type { PlanStep, SamplerPlan } from '../../../src/sampler/plan';
import { requireSetting } from '../../../src/sampler/setting';
import { alphasBar, TIMESTEPS } from '../../../src/sampler/stableDiffusion';
import { spread } from '../../../src/sampler/timesteps';

export interface ErSdeSettings {
  /** N, 1 … 1000, spread over all timesteps. One step is t = 0. */
  readonly steps: number;
  /**
   * `ddim`: no domain shift. `ddimShift`: shifted, without fresh noise. `shift`: shifted, with new noise. `erSde2` and
   * `erSde3`: shifted, with one or two past predictions (ER-SDE-Solver, arXiv 2309.06169, φ(λ) = λ²).
   */
  readonly solver: ErSdeSolver;
}

export type ErSdeSolver = (typeof SOLVERS)[number];

const SOLVERS = ['ddim', 'ddimShift', 'shift', 'erSde2', 'erSde3'] as const;

/** A noise level, in descending order; the last one is clean. */
interface Level {
  readonly t: number;
  /** √ᾱ */
  readonly signal: number;
  /** √(1−ᾱ) */
  readonly sigma: number;
  /** σ/√ᾱ */
  readonly lambda: number;
  /** Share of the low-resolution latent in a shifted prediction. */
  readonly eta: number;
}

/**
 * Further samplers in the DoSSR repository, for comparison: they use all 1000 timesteps of Stable
 * Diffusion, pull every prediction towards the low-resolution latent by η of the level ahead, and end without noise.
 */
export function erSde({ steps, solver }: ErSdeSettings): SamplerPlan {
  requireSetting('solver', solver, `one of ${SOLVERS.join(', ')}`, SOLVERS.includes(solver));
  const levels = levelsOf(steps);
  return {
    start: { lq: levels[0]!.signal, noise: levels[0]!.sigma },
    steps: Array.from({ length: steps }, (_, i) => step(levels, i, solver)),
  };
}

function levelsOf(steps: number): readonly Level[] {
  const table = alphasBar();
  const levels = spread(TIMESTEPS, steps).map((t) => {
    const signal = Math.sqrt(table[t]!);
    return {
      t,
      signal,
      sigma: Math.sqrt(1 - table[t]!),
      lambda: Math.sqrt(1 / table[t]! - 1),
      eta: t / (TIMESTEPS - 1),
    };
  });
  return [...levels.toReversed(), { t: -1, signal: 1, sigma: 0, lambda: 0, eta: 0 }];
}

function step(levels: readonly Level[], i: number, solver: ErSdeSolver): PlanStep {
  const from = levels[i]!;
  const to = levels[i + 1]!;
  const eta = solver === 'ddim' ? 0 : to.eta;
  return {
    t: from.t,
    input: 1,
    clean: { x: (1 - eta) / from.signal, out: -(1 - eta) * from.lambda, lq: eta },
    next: { lq: 0, ...nextWeights(levels, i, solver) },
  };
}

function nextWeights(levels: readonly Level[], i: number, solver: ErSdeSolver): Omit<PlanStep['next'], 'lq'> {
  const from = levels[i]!;
  const to = levels[i + 1]!;
  if (solver === 'shift') return { x: 0, clean: [to.signal], noise: to.sigma };
  const kept = (to.lambda / from.lambda) ** 2;
  const order = to.sigma === 0 ? 1 : Math.min(i + 1, solver === 'erSde3' ? 3 : solver === 'erSde2' ? 2 : 1);
  const lambda = (ago: number) => levels[i - ago]!.lambda;
  const weights = differenceWeights(lambda, taylor(from.lambda, to.lambda).slice(0, order - 1));
  return {
    x: (to.signal / from.signal) * kept,
    clean: weights.map((weight, ago) => to.signal * (weight + (ago === 0 ? 1 - kept : 0))),
    noise: solver === 'ddimShift' ? 0 : to.signal * to.lambda * Math.sqrt(1 - kept),
  };
}

/** The weights of the first and second derivative; the integrals are left Riemann sums of 100 parts, as upstream's. */
function taylor(from: number, to: number): readonly [number, number] {
  const parts = 100;
  const width = (from - to) / parts;
  let first = 0;
  let second = 0;
  for (let k = 0; k < parts; k++) {
    const lambda = to + k * width;
    first += width / lambda ** 2;
    second += ((lambda - from) * width) / lambda ** 2;
  }
  return [to - from + first * to ** 2, (to - from) ** 2 / 2 + second * to ** 2];
}
