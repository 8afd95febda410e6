import assert from 'node:assert/strict';
import { drawsOf, type SamplerPlan } from '../../src/sampler/plan';
import { map } from './golden';
import { sample, type Trace } from './reference/sample';
import type { Floats, Tensor } from './reference/tensor';

describe('sample', () => {
  const y: Tensor<Float64Array> = { dims: [1, 1, 1, 2], data: Float64Array.of(1, -2) };

  const step = (changes: Partial<SamplerPlan['steps'][number]> = {}): SamplerPlan['steps'][number] => ({
    t: 0,
    input: 1,
    clean: { x: 0, out: 1, lq: 0 },
    next: { x: 0, lq: 0, clean: [1], noise: 0 },
    ...changes,
  });

  const none = (): never => assert.fail('no draw was due');

  it('a plan without steps returns the start', async () => {
    const plan: SamplerPlan = { start: { lq: 3, noise: 0.5 }, steps: [] };
    const result = await sample(
      plan,
      y,
      (x) => x,
      (draw, out) => out.data.fill(draw + 8),
    );
    assert.deepEqual([...result.data], [7, -2]);
  });

  it('a step evaluates every term of the recurrence', async () => {
    const plan: SamplerPlan = {
      start: { lq: 1, noise: 0 },
      steps: [
        step({ t: 7, input: 2, clean: { x: 3, out: 5, lq: 7 }, next: { x: 11, lq: 13, clean: [17], noise: 19 } }),
      ],
    };
    const traces: Trace<Float64Array>[] = [];
    const result = await sample(
      plan,
      y,
      (x, t, index) => map(x, (v) => v + t + 100 * index),
      (draw, out) => out.data.fill(draw),
      (trace) => traces.push(trace),
    );
    const clean = (v: number) => 3 * v + 5 * (2 * v + 7) + 7 * v;
    const next = (v: number) => 11 * v + 13 * v + 17 * clean(v) + 19;
    assert.deepEqual([...result.data], [next(1), next(-2)]);
    const { input, clean: guess, ...trace } = traces[0]!;
    assert.deepEqual([trace.step, trace.t, [...trace.x.data]], [0, 7, [1, -2]]);
    assert.deepEqual(
      [[...input.data], [...guess.data]],
      [
        [2, -4],
        [clean(1), clean(-2)],
      ],
    );
  });

  it('past predictions are weighted by their age in steps', async () => {
    const plan: SamplerPlan = {
      start: { lq: 1, noise: 0 },
      steps: [1, 2, 3].map((t) => step({ t, next: { x: 0, lq: 0, clean: [1, 10, 100].slice(0, t), noise: 0 } })),
    };
    const result = await sample(plan, y, (x, t) => map(x, () => t), none);
    assert.deepEqual([...result.data], [123, 123]);
  });

  it('predictions are kept during a step that does not use them', async () => {
    const cleans = [[1], [1], [0, 0, 1]];
    const plan: SamplerPlan = {
      start: { lq: 1, noise: 0 },
      steps: cleans.map((clean, t) => step({ t: t + 1, next: { x: 0, lq: 0, clean, noise: 0 } })),
    };
    const result = await sample(plan, y, (x, t) => map(x, () => t), none);
    assert.deepEqual([...result.data], [1, 1]);
  });

  it('clamps predictions on both sides', async () => {
    const plan: SamplerPlan = {
      start: { lq: 1, noise: 0 },
      steps: [step({ clean: { x: 0, out: 1, lq: 0, clamp: 1.5 } })],
    };
    assert.deepEqual([...(await sample(plan, y, (x) => map(x, (v) => v * 10), none)).data], [1.5, -1.5]);
  });

  it('requests only draws with a weight, in order', async () => {
    const noisy = (noise: number) => step({ next: { x: 0, lq: 0, clean: [1], noise } });
    const plan: SamplerPlan = { start: { lq: 1, noise: 1 }, steps: [noisy(0), noisy(0.5), noisy(0)] };
    const asked: number[] = [];
    await sample(
      plan,
      y,
      (x) => x,
      (draw) => asked.push(draw),
    );
    assert.deepEqual(asked, [0, 2]);
    assert.deepEqual(drawsOf(plan), asked);
  });

  it('supports an asynchronous network and does not modify y, traces and results', async () => {
    const plan: SamplerPlan = { start: { lq: 1, noise: 0 }, steps: [step(), step()] };
    const traces: Trace<Floats>[] = [];
    const later = async (x: Tensor<Float64Array>) => {
      await new Promise((resolve) => setImmediate(resolve));
      return map(x, (v) => v + 1);
    };
    const result = await sample(plan, y, later, none, (trace) => traces.push(trace));
    assert.deepEqual([...result.data], [3, 0]);
    assert.deepEqual([...y.data], [1, -2]);
    assert.deepEqual([...traces[0]!.next.data], [2, -1]);
  });

  it('uses the precision of y', async () => {
    const plan: SamplerPlan = { start: { lq: 1 / 3, noise: 0 }, steps: [] };
    const single: Tensor = { dims: [1, 1, 1, 1], data: Float32Array.of(1) };
    assert.equal((await sample(plan, single, (x) => x, none)).data[0], Math.fround(1 / 3));
    assert.equal((await sample(plan, y, (x) => x, none)).data[0], 1 / 3);
  });

  it('rejects a network output of another size', async () => {
    const plan: SamplerPlan = { start: { lq: 1, noise: 0 }, steps: [step()] };
    const wrong: Tensor<Float64Array> = { dims: [1, 1, 2, 1], data: new Float64Array(2) };
    await assert.rejects(
      sample(plan, y, () => wrong, none),
      {
        code: 'MODEL_INCOMPATIBLE',
        message: 'the network returned [1, 1, 2, 1], but the sampler needs [1, 1, 1, 2]',
      },
    );
  });
});
