import assert from 'node:assert/strict';
import { RemasterError } from '../../../src/errors';
import type { Model } from '../../../src/model/model';
import { chooseBatchSize } from '../../../src/pipeline/frames/chooseBatchSize';
import { nearest } from '../../support/fakeModel';

describe('chooseBatchSize', () => {
  const never = new AbortController().signal;

  /** A model whose batches take `ms` milliseconds on a fake clock. */
  function timed(ms: (count: number) => number): { model: Model; clock: () => number; tried: number[] } {
    const tried: number[] = [];
    let now = 0;
    const plain = nearest(1);
    const model: Model = {
      ...plain,
      run: (batch, signal) => {
        tried.push(batch.keys.length);
        now += ms(batch.keys.length);
        return plain.run(batch, signal);
      },
    };
    return { model, clock: () => now, tried };
  }
  const found = ({ model, clock }: ReturnType<typeof timed>, width = 64, seen: number | null = null) =>
    chooseBatchSize(model, { width, height: 64 }, 8, never, seen, clock);

  it('doubles the batch while that is faster', async () => {
    assert.equal(await found(timed((count) => 8 + count)), 16); // the fixed cost per call dominates
    assert.equal(await found(timed((count) => 8 + 12 * count)), 4); // 20, 16, 14 and 13 ms per tile
  });

  it('stays at 1 without a gain, and for slow tiles', async () => {
    assert.equal(await found(timed((count) => 10 * count)), 1);
    const slow = timed((count) => 200 + count);
    assert.equal(await found(slow), 1);
    assert.deepEqual(slow.tried, [1, 1]);
    const slower = timed(() => 4000);
    assert.equal(await found(slower), 1);
    assert.deepEqual(slower.tried, [1]);
  });

  it('takes no disturbed measurement for a gain', async () => {
    let runs = 0;
    const disturbed = timed((count) => (++runs === 1 || runs === 2 ? 30 : 10) * count);
    assert.equal(await found(disturbed), 1);
    assert.deepEqual(disturbed.tried.slice(0, 4), [1, 1, 1, 1]);
  });

  it('is 1 for tiles that keep a processor busy alone, and measured on other devices', async () => {
    const large = timed((count) => 8 + count);
    assert.equal(await found(large, 256), 1);
    assert.deepEqual(large.tried, []);
    const model = { ...large.model, info: { ...large.model.info, provider: 'cuda' } };
    assert.equal(await found({ ...large, model }, 256), 16);
  });

  it('trusts the measured time of slow tiles, and measures fast ones', async () => {
    const long = timed(() => 700);
    assert.equal(await found(long, 64, 690), 1);
    assert.deepEqual(long.tried, []);
    assert.equal(
      await found(
        timed((count) => 8 + count),
        64,
        40,
      ),
      16,
    );
  });

  it('stays within the memory', async () => {
    const one = timed((count) => 8 + count);
    const run = one.model.run;
    const full = new RemasterError('GPU_OUT_OF_MEMORY', 'Full.');
    const model: Model = {
      ...one.model,
      run: async (batch, signal) => (batch.keys.length > 4 ? Promise.reject(full) : run(batch, signal)),
    };
    assert.equal(await found({ ...one, model }), 4);
  });

  it('is measured once per model and tile size', async () => {
    const one = timed((count) => 10 * count);
    await found(one);
    const trials = one.tried.length;
    await found(one);
    assert.equal(one.tried.length, trials);
    await found(one, 128);
    assert.ok(one.tried.length > trials);
  });
});
