import assert from 'node:assert/strict';
import { openModel } from '../../../../src/model/inference/openModel';
import type { Model, TileBatch } from '../../../../src/model/model';
import { CrossCameraBatch } from '../../../../src/pipeline/jobs/live/crossCameraBatch';
import { nearest } from '../../../support/fakeModel';

const never = new AbortController().signal;

const tile = (seed: number, width = 32, height = 24): TileBatch => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31 + (i >> 4) * 7 + seed * 13) % 256),
  keys: [{ x: 0, y: 0, scene: 0, frame: seed }],
});

/** A model that records the number of tiles in each call. */
function noted(model: Model): { readonly model: Model; readonly calls: number[] } {
  const calls: number[] = [];
  const run: Model['run'] = (batch, signal) => {
    calls.push(batch.keys.length);
    return model.run(batch, signal);
  };
  return { model: { ...model, run }, calls };
}

describe('CrossCameraBatch', () => {
  it('runs one tile of each participant per call, and does not wait for participants that have left', async () => {
    const { model, calls } = noted(nearest(2));
    const convoy = new CrossCameraBatch(3);
    const riders = [convoy.join(), convoy.join(), convoy.join()];
    const counts = [1, 3, 0];
    const output = await Promise.all(
      riders.map(async (rider, i) => {
        const results: Uint8Array[] = [];
        for (let n = 0; n < counts[i]!; n++) results.push(await rider.run(model, tile(10 * i + n), never));
        rider.leave();
        return results;
      }),
    );
    assert.deepEqual(calls, [2, 1, 1]);
    assert.deepEqual(
      riders.map(({ share }) => share),
      [0.25, 0.75, 0],
    );
    for (const [i, results] of output.entries())
      for (const [n, result] of results.entries())
        assert.deepEqual(result, await nearest(2).run(tile(10 * i + n), never));
  });

  it('never mixes tile sizes or models', async () => {
    const [one, other] = [noted(nearest(2)), noted(nearest(2))];
    const convoy = new CrossCameraBatch(4);
    const riders = Array.from({ length: 4 }, () => convoy.join());
    await Promise.all([
      riders[0]!.run(one.model, tile(1), never),
      riders[1]!.run(one.model, tile(2, 48), never),
      riders[2]!.run(other.model, tile(3), never),
      riders[3]!.run(one.model, tile(4), never),
    ]);
    assert.deepEqual([one.calls, other.calls], [[2, 1], [1]]);
  });

  it('continues without an aborted participant, and rejects all when the model fails', async () => {
    const { model } = noted(nearest(2, { pauseMs: 20 }));
    const convoy = new CrossCameraBatch(2);
    const [one, two] = [convoy.join(), convoy.join()];
    const stop = new AbortController();
    const stopped = one.run(model, tile(1), stop.signal).finally(() => one.leave());
    stop.abort(new Error('enough'));
    await assert.rejects(stopped, /enough/);
    assert.deepEqual(await two.run(model, tile(2), never), await nearest(2).run(tile(2), never));
    const broken: Model = { ...nearest(2), run: () => Promise.reject(new Error('no memory')) };
    const both = new CrossCameraBatch(2);
    const results = await Promise.allSettled(
      [both.join(), both.join()].map((rider) => rider.run(broken, tile(1), never)),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });

  it('gives the same bytes as the real model for a tile alone', async function () {
    this.timeout(30_000);
    const settings = { provider: 'cpu', device: 0, threads: 0, order: null, colorFix: null, strength: 1 } as const;
    const rest = { noise: 'shared', seed: 1, depth: 8, steps: 1 } as const;
    await using model = await openModel({ model: 'x4', ...settings, ...rest });
    const alone = [await model.run(tile(1), never), await model.run(tile(2), never), await model.run(tile(3), never)];
    const { model: watched, calls } = noted(model);
    const convoy = new CrossCameraBatch(3);
    const together = await Promise.all([1, 2, 3].map((seed) => convoy.join().run(watched, tile(seed), never)));
    assert.deepEqual(calls, [3]);
    for (const [n, output] of together.entries()) assert.deepEqual(output, alone[n]);
  });
});
