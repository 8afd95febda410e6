import { requireSetting } from './setting';
import type { Timesteps } from './timesteps';

/** ResShift's noise schedule (arXiv 2307.12348). A network is trained for one set of these. */
export interface ResShiftScheduleSettings {
  /** T, the length of the schedule the network was trained with. At least 1. */
  readonly steps: number;
  /** κ, the strength of the noise: its standard deviation at index t is κ·√η. Above 0; upstream 2. */
  readonly kappa: number;
  /** Standard deviation of the noise at index 0 (for κ ≥ 1). Above 0; upstream 0.04 for 15 steps, 0.2 for 4. */
  readonly minNoise: number;
  /** The last √η; upstream calls it `etas_end` although it is not the end of η. Above 0, at most 1; upstream 0.99. */
  readonly etasEnd: number;
  /** p, the exponent: below 1 the noise grows early. Above 0; upstream 0.3. */
  readonly power: number;
  /** Indices used, ascending; absent: all. */
  readonly keep?: Timesteps;
}

/** One used index of the schedule. All values are in units of the working space, −1…1 pixels or latents. */
export interface ResShiftLevel {
  /** Index in the full schedule, 0 … T−1: the network's timestep. */
  readonly t: number;
  readonly sqrtEta: number;
  /** η, position of the state between the clean image (0) and the low-resolution one (1). */
  readonly eta: number;
  /** η of the next cleaner used index; 0 before the first. */
  readonly etaBefore: number;
  /** Weight of x_t in the posterior mean: η₋₁/η. */
  readonly c1: number;
  /** Weight of x̂₀ in the posterior mean: α/η with α = η − η₋₁. */
  readonly c2: number;
  /** Variance of the posterior: κ²·η₋₁/η·α. 0 at the first index. */
  readonly posteriorVariance: number;
}

/** The used levels, cleanest first. */
export function resshiftSchedule(settings: ResShiftScheduleSettings): readonly ResShiftLevel[] {
  requireSchedule(settings);
  const { steps, kappa } = settings;
  const keep = settings.keep ?? Array.from({ length: steps }, (_, t) => t);
  let etaBefore = 0;
  return keep.map((t) => {
    const sqrtEta = sqrtEtaAt(t, settings);
    const eta = sqrtEta ** 2;
    const alpha = eta - etaBefore;
    const c1 = etaBefore / eta;
    const level = { t, sqrtEta, eta, etaBefore, c1, c2: alpha / eta, posteriorVariance: kappa ** 2 * c1 * alpha };
    etaBefore = eta;
    return level;
  });
}

/**
 * √η_t = √η₀·(etasEnd/√η₀)^((t/(T−1))^p) for t = 0 … T−1. A schedule of one step has only its noisy end, so the
 * result is x̂₀ of the noisiest state; upstream divides by zero there.
 */
function sqrtEtaAt(t: number, { steps, kappa, minNoise, etasEnd, power }: ResShiftScheduleSettings): number {
  const start = Math.min(minNoise / kappa, minNoise);
  const place = steps === 1 ? 1 : t / (steps - 1);
  return start * (etasEnd / start) ** (place ** power);
}

function requireSchedule({ steps, kappa, minNoise, etasEnd, power, keep }: ResShiftScheduleSettings): void {
  requireSetting('steps', steps, 'a whole number of at least 1', Number.isInteger(steps) && steps >= 1);
  requireSetting('kappa', kappa, 'a number above 0', kappa > 0 && kappa < Infinity);
  requireSetting('minNoise', minNoise, 'a number above 0', minNoise > 0 && minNoise < Infinity);
  requireSetting('power', power, 'a number above 0', power > 0 && power < Infinity);
  requireSetting('etasEnd', etasEnd, 'a number above 0, at most 1', etasEnd > 0 && etasEnd <= 1);
  const start = Math.min(minNoise / kappa, minNoise);
  requireSetting('minNoise', minNoise, `so small that the schedule rises from ${start} to etasEnd`, start < etasEnd);
  if (keep === undefined) return;
  const holds = keep.length > 0 && keep.every((t, k) => Number.isInteger(t) && t < steps && t > (keep[k - 1] ?? -1));
  requireSetting('keep', keep, `a rising list of whole numbers from 0 to ${steps - 1}`, holds);
}
