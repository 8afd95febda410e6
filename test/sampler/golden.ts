import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dims, Floats, Tensor } from '../../src/sampler/tensor';

/** A tensor as the golden files hold it. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export type Precision = 'f64' | 'f32';

/** A file of test/golden: numbers from the official code; which commit is in its `upstream`. */
export const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(join(process.cwd(), 'test', 'golden', `${name}.json`), 'utf8')) as T;

export function tensor(stored: Stored, precision: Precision = 'f64'): Tensor {
  assert.equal(stored.shape.length, 4);
  const data = precision === 'f64' ? Float64Array.from(stored.data) : Float32Array.from(stored.data);
  return { dims: stored.shape as unknown as Dims, data };
}

export const map = <F extends Floats>(
  { dims, data }: Tensor<F>,
  f: (value: number, i: number) => number,
): Tensor<F> => ({
  dims,
  data: data.map(f) as F,
});

/** Relative where numbers are large, absolute where they are small; spec §7. */
export const TOLERANCE = { f64: 1e-9, f32: 2e-6 } as const;

/** Every number is within `tolerance`·max(1, |expected|) of the expected one. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
    assert.ok(error <= tolerance, `${what}[${i}] is ${a}, expected ${e}, off by ${error}`);
    worst.set(tolerance, Math.max(worst.get(tolerance) ?? 0, error));
  }
}
export const worst = new Map<number, number>();
