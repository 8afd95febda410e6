import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Floats, type Tensor, zerosLike } from './reference/tensor';

/** A tensor in a golden file. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export type Precision = 'f64' | 'f32';

/** A file of test/golden: values from the official code, whose commit is in `upstream`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names the shape the reader of a file relies on
export function golden<T>(name: string): T {
  const text = readFileSync(join(process.cwd(), 'test', 'golden', `${name}.json`), 'utf8');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a wrong shape fails the test that reads it
  return JSON.parse(text) as T;
}

export function tensor({ shape, data }: Stored, precision: Precision = 'f64'): Tensor {
  assert.equal(shape.length, 4);
  const dims = [shape[0]!, shape[1]!, shape[2]!, shape[3]!] as const;
  return { dims, data: precision === 'f64' ? Float64Array.from(data) : Float32Array.from(data) };
}

export function map<F extends Floats>(x: Tensor<F>, f: (value: number, i: number) => number): Tensor<F> {
  const mapped = zerosLike(x);
  for (const [i, value] of x.data.entries()) mapped.data[i] = f(value, i);
  return mapped;
}

/** Relative tolerance for large numbers, absolute for small ones. */
export const TOLERANCE = { f64: 1e-9, f32: 2e-6 } as const;

/** Asserts that every number is within `tolerance`·max(1, |expected|) of the expected one. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
    assert.ok(error <= tolerance, `${what}[${i}] is ${a}, expected ${e}, off by ${error}`);
  }
}
