import type { PlanStep, SamplerPlan } from './plan';
import { resshiftSchedule, type ResShiftLevel, type ResShiftScheduleSettings } from './resshiftSchedule';
import { requireSetting } from './setting';

export interface ResShiftSettings extends ResShiftScheduleSettings {
  /** Meaning of the network's output. Official checkpoints: 'xstart', the clean image. */
  readonly predicts: 'xstart' | 'residual' | 'epsilon' | 'epsilonScale';
  /**
   * Scaling of the state before the network, so that it has about the same variance at every index.
   * 'latent' divides by √(variance + κ²η), `variance` being that of clean data (official: 1); 'pixel' by 3κ√η + 1.
   */
  readonly input:
    { readonly kind: 'latent'; readonly variance: number } | { readonly kind: 'pixel' } | { readonly kind: 'none' };
  /** x̂₀ is clamped to ±clamp; absent: not clamped, as in every official task. */
  readonly clamp?: number;
}

/**
 * ResShift's reverse process (arXiv 2307.12348, Model Design). It starts from y + κ√η_T·ε, although the forward
 * process still contains 1 − η_T of the clean image there, and its last step returns x̂₀ without noise.
 */
export function resshift(settings: ResShiftSettings): SamplerPlan {
  requireResShift(settings);
  const levels = resshiftSchedule(settings);
  const { kappa, clamp } = settings;
  return {
    start: { lq: 1, noise: kappa * levels.at(-1)!.sqrtEta },
    steps: levels.toReversed().map((level) => ({
      t: level.t,
      input: inputScale(level, settings),
      clean: { ...cleanFrom(level, settings), ...(clamp === undefined ? {} : { clamp }) },
      next: { x: level.c1, lq: 0, clean: [level.c2], noise: Math.sqrt(level.posteriorVariance) },
    })),
  };
}

/** x_t = (1−η)·x₀ + η·y + κ√η·ε: the weights of the clean image, of y and of the noise. */
const resshiftForward = ({ eta, sqrtEta }: ResShiftLevel, kappa: number) => ({
  clean: 1 - eta,
  lq: eta,
  noise: kappa * sqrtEta,
});

function inputScale({ eta, sqrtEta }: ResShiftLevel, { kappa, input }: ResShiftSettings): number {
  if (input.kind === 'latent') return 1 / Math.sqrt(input.variance + kappa ** 2 * eta);
  return input.kind === 'pixel' ? 1 / (3 * kappa * sqrtEta + 1) : 1;
}

/** Solves the forward equation for x₀. Uses the unscaled state x, not the network's input. */
function cleanFrom(level: ResShiftLevel, { kappa, predicts }: ResShiftSettings): PlanStep['clean'] {
  const { clean, lq, noise } = resshiftForward(level, kappa);
  const solved: Record<ResShiftSettings['predicts'], PlanStep['clean']> = {
    xstart: { x: 0, out: 1, lq: 0 },
    residual: { x: 0, out: -1, lq: 1 },
    epsilon: { x: 1 / clean, out: -noise / clean, lq: -lq / clean },
    epsilonScale: { x: 1 / clean, out: -1 / clean, lq: -lq / clean },
  };
  return solved[predicts];
}

function requireResShift({ predicts, input, etasEnd, clamp }: ResShiftSettings): void {
  const kinds = ['xstart', 'residual', 'epsilon', 'epsilonScale'];
  requireSetting('predicts', predicts, `one of ${kinds.join(', ')}`, kinds.includes(predicts));
  const inputs = ['latent', 'pixel', 'none'];
  requireSetting('input.kind', input.kind, `one of ${inputs.join(', ')}`, inputs.includes(input.kind));
  if (input.kind === 'latent') {
    requireSetting('input.variance', input.variance, 'a number of at least 0', input.variance >= 0);
  }
  if (predicts === 'epsilon' || predicts === 'epsilonScale') {
    requireSetting('etasEnd', etasEnd, `below 1 when the network predicts ${predicts}`, etasEnd < 1);
  }
  if (clamp !== undefined) requireSetting('clamp', clamp, 'a number above 0', clamp > 0);
}
