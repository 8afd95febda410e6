import { requireSetting } from './setting';
import { alphasBar } from './stableDiffusion';
import { spread } from './timesteps';

/** From this timestep on a state contains nothing of the clean image (`t1` of the paper), so sampling can start below. */
const SHIFT_END = 500;

/** One timestep of DoSSR's domain-shift process. */
export interface DoSSRLevel {
  readonly t: number;
  /** ᾱ of Stable Diffusion. */
  readonly alphaBar: number;
  /** √ᾱ, the a of the paper. */
  readonly signal: number;
  /** √(1−ᾱ), the σ of the paper. */
  readonly sigma: number;
  /** η, share of the low-resolution latent: nearly 0 at t = 0, nearly 1 at t = 499, 1 from t = 500 on. */
  readonly eta: number;
  /** A = √ᾱ·(1−η), weight of the clean latent in the state. */
  readonly weight: number;
  /** λ = σ/A, the noise level of x/A − η/(1−η)·x̂, a process that only adds noise. */
  readonly lambda: number;
}

/** The N + 1 levels of N steps, cleanest (t = 0, only a target) first. N is 1 … 499. */
export function dossrSchedule(steps: number): readonly DoSSRLevel[] {
  const allowed = `a whole number from 1 to ${SHIFT_END - 1}`;
  requireSetting('steps', steps, allowed, Number.isInteger(steps) && steps >= 1 && steps < SHIFT_END);
  const table = alphasBar();
  return spread(SHIFT_END, steps + 1).map((t) => dossrLevel(t, table[t]!));
}

export function dossrLevel(t: number, alphaBar: number): DoSSRLevel {
  const signal = Math.sqrt(alphaBar);
  const sigma = Math.sqrt(1 - alphaBar);
  const eta = dossrEta(t);
  const weight = signal * (1 - eta);
  return { t, alphaBar, signal, sigma, eta, weight, lambda: sigma / weight };
}

/**
 * η_t = (1 − cos πu)/2 with u from 0.001 to 0.999 over t = 0 … end−1, then 1. The ends are not exactly 0 and 1,
 * because 1 − η is a divisor.
 */
export function dossrEta(t: number, end = SHIFT_END): number {
  return t < end ? (1 - Math.cos(Math.PI * (0.001 + (0.998 * t) / (end - 1)))) / 2 : 1;
}
