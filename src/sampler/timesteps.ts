import { roundHalfToEven } from './rounding';
import { requireSetting } from './setting';

/** The used indices of a schedule 0 … total−1. Ascending; 0 is the cleanest. */
export type Timesteps = readonly number[];

/**
 * Our choice of N of T indices: always the noisiest, T−1, so that sampling starts where training did; with N > 1 also 0,
 * and the others evenly between. One step is [T−1].
 */
export function descend(total: number, count: number): Timesteps {
  requireCount(total, count);
  if (count === 1) return [total - 1];
  return Array.from({ length: count }, (_, k) => Math.round((k * (total - 1)) / (count - 1)));
}

/** DoSSR's `space_timesteps`: both ends and evenly between. One step is [0]. */
export function spread(total: number, count: number): Timesteps {
  requireCount(total, count);
  const stride = count === 1 ? 1 : (total - 1) / (count - 1);
  const kept: number[] = [];
  // As upstream: the rounding errors of the running sum decide ties; a product (10·24.95 = 249.5) gives another index.
  for (let current = 0; kept.length < count; current += stride) kept.push(roundHalfToEven(current));
  return kept;
}

function requireCount(total: number, count: number): void {
  const allowed = `a whole number from 1 to ${total}`;
  requireSetting('steps', count, allowed, Number.isInteger(count) && count >= 1 && count <= total);
}
