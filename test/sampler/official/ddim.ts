import type { PlanStep, SamplerPlan } from '../../../src/sampler/plan';
import { requireSetting } from '../../../src/sampler/setting';
import { alphasBar, TIMESTEPS } from '../../../src/sampler/stableDiffusion';
import { respace } from './respace';

export interface DDIMSettings {
  /** 1 … 1000 of the 1000 noise levels. */
  readonly steps: number;
  readonly predicts: 'xstart' | 'epsilon';
  /** 'ddim' with `eta` from 0 (no fresh noise) to 1, or 'ddpm', the posterior of the forward process. */
  readonly solver: { readonly kind: 'ddim'; readonly eta: number } | { readonly kind: 'ddpm' };
  /** x̂₀ is clamped to ±clamp; absent: not clamped. */
  readonly clamp?: number;
}

/**
 * DDIM (arXiv 2010.02502, eq. 12) and DDPM (arXiv 2006.11239, eq. 7) from pure noise, with the schedule of latent
 * diffusion: the baseline that ResShift is compared with. Here y only conditions the network.
 */
export function ddim(settings: DDIMSettings): SamplerPlan {
  const { steps, predicts, solver, clamp } = settings;
  if (solver.kind === 'ddim') {
    requireSetting('eta', solver.eta, 'a number from 0 to 1', solver.eta >= 0 && solver.eta <= 1);
  }
  const table = alphasBar(0.0015, 0.0195);
  const kept = respace(TIMESTEPS, steps);
  return {
    start: { lq: 0, noise: 1 },
    steps: kept
      .map((t, k): PlanStep => {
        const alphaBar = table[t]!;
        const before = k === 0 ? 1 : table[kept[k - 1]!]!;
        const out = predicts === 'xstart' ? { x: 0, out: 1 } : { x: 1 / Math.sqrt(alphaBar), out: -ratio(alphaBar) };
        return {
          t,
          input: 1,
          clean: { ...out, lq: 0, ...(clamp === undefined ? {} : { clamp }) },
          next: solver.kind === 'ddim' ? implicit(alphaBar, before, solver.eta) : posterior(alphaBar, before),
        };
      })
      .toReversed(),
  };
}

/** √(1/ᾱ − 1), the noise of x/√ᾱ. */
const ratio = (alphaBar: number): number => Math.sqrt(1 / alphaBar - 1);

/** ε is taken from the (perhaps clamped) x̂₀: ε = (x/√ᾱ − x̂₀)/√(1/ᾱ−1). */
function implicit(alphaBar: number, before: number, eta: number): PlanStep['next'] {
  const noise = eta * Math.sqrt(((1 - before) / (1 - alphaBar)) * (1 - alphaBar / before));
  const epsilon = Math.sqrt(1 - before - noise ** 2) / ratio(alphaBar);
  return { x: epsilon / Math.sqrt(alphaBar), lq: 0, clean: [Math.sqrt(before) - epsilon], noise };
}

function posterior(alphaBar: number, before: number): PlanStep['next'] {
  const alpha = alphaBar / before;
  return {
    x: ((1 - before) * Math.sqrt(alpha)) / (1 - alphaBar),
    lq: 0,
    clean: [((1 - alpha) * Math.sqrt(before)) / (1 - alphaBar)],
    noise: Math.sqrt(((1 - alpha) * (1 - before)) / (1 - alphaBar)),
  };
}
