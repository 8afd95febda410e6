import { roundHalfToEven } from './rounding';
import { requireSetting } from './setting';

/** Which of a schedule's indices 0 … total−1 are walked. Ascending; 0 is the cleanest. */
export type Timesteps = readonly number[];

/**
 * N of T indices, ours: always the noisiest, T−1, so that the walk starts where training did; with N > 1 also 0, and
 * the others evenly between. One step is [T−1].
 */
export function descend(total: number, count: number): Timesteps {
  requireCount(total, count);
  if (count === 1) return [total - 1];
  return Array.from({ length: count }, (_, k) => Math.round((k * (total - 1)) / (count - 1)));
}

/** ResShift's `timestep_respacing`: ⌊(T/R)·k⌋. Index 0 is kept and the noisiest index generally is not. */
export function respace(total: number, count: number): Timesteps {
  requireCount(total, count);
  const stride = total / count;
  return Array.from({ length: count }, (_, k) => Math.floor(stride * k));
}

/** DoSSR's `space_timesteps`: both ends and evenly between. One step is [0]. */
export function spread(total: number, count: number): Timesteps {
  requireCount(total, count);
  const stride = count === 1 ? 1 : (total - 1) / (count - 1);
  const kept: number[] = [];
  // The running sum's rounding errors decide the halves: multiplying (10·24.95 = 249.5) would give another index.
  for (let current = 0; kept.length < count; current += stride) kept.push(roundHalfToEven(current));
  return kept;
}

function requireCount(total: number, count: number): void {
  const allowed = `a whole number from 1 to ${total}`;
  requireSetting('steps', count, allowed, Number.isInteger(count) && count >= 1 && count <= total);
}
