import assert from 'node:assert/strict';
import { range } from 'rxjs';
import { BackpressureWindow } from '../../../src/async/backpressure';
import { batchFrames } from '../../../src/pipeline/operators/batchFrames';
import { all } from '../../support/frames';

describe('batchFrames', () => {
  const batches = async (items: number, size: () => number): Promise<(readonly number[])[]> => {
    const window = new BackpressureWindow(100);
    const made = await all(range(1, items).pipe(batchFrames(size, window)));
    assert.equal(window.alive, 0);
    return made;
  };

  it('groups items in order; the last batch may be smaller', async () => {
    assert.deepEqual(await batches(7, () => 3), [[1, 2, 3], [4, 5, 6], [7]]);
    assert.deepEqual(await batches(6, () => 3), [
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('makes no batch of nothing', async () => assert.deepEqual(await batches(0, () => 3), []));

  it('asks for the size once, at the start of each batch', async () => {
    const sizes = [1, 3, 2];
    assert.deepEqual(await batches(6, () => sizes.shift() ?? assert.fail('asked too often')), [[1], [2, 3, 4], [5, 6]]);
  });
});
