import assert from 'node:assert/strict';
import { RemasterError } from '../../../src/errors';
import type { Model } from '../../../src/model/model';
import { chooseBatchSize } from '../../../src/pipeline/frames/chooseBatchSize';
import { nearest } from '../../support/fakeModel';

describe('batch size', () => {
  const never = new AbortController().signal;

  /** A model whose batches take as long as `ms` says, by a clock of its own. */
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

  it('grows while that pays', async () => {
    assert.equal(await found(timed((count) => 8 + count)), 16); // mostly the cost of a call
    assert.equal(await found(timed((count) => 8 + 12 * count)), 4); // 20, 16, 14 and 13 ms a tile
  });

  it('stays at one where nothing is gained, and where tiles are long in any case', async () => {
    assert.equal(await found(timed((count) => 10 * count)), 1);
    const slow = timed((count) => 200 + count);
    assert.equal(await found(slow), 1);
    assert.deepEqual(slow.tried, [1, 1]);
    const slower = timed(() => 4000);
    assert.equal(await found(slower), 1);
    assert.deepEqual(slower.tried, [1]);
  });

  it('believes what the film has shown of long tiles, and tries where they seemed short', async () => {
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

  it('stays below what memory holds', async () => {
    const one = timed((count) => 8 + count);
    const run = one.model.run;
    const full = new RemasterError('GPU_OUT_OF_MEMORY', 'Full.');
    const model: Model = {
      ...one.model,
      run: async (batch, signal) => (batch.keys.length > 4 ? Promise.reject(full) : run(batch, signal)),
    };
    assert.equal(await found({ ...one, model }), 4);
  });

  it('is found once per model and tile size', async () => {
    const one = timed((count) => 10 * count);
    await found(one);
    const trials = one.tried.length;
    await found(one);
    assert.equal(one.tried.length, trials);
    await found(one, 128);
    assert.ok(one.tried.length > trials);
  });
});
