import assert from 'node:assert/strict';
import { inBatches } from '../../src/async/batches';

describe('batches', () => {
  async function* count(to: number): AsyncGenerator<number> {
    for (let i = 1; i <= to; i++) yield i;
  }

  async function batches(items: number, size: () => number): Promise<(readonly number[])[]> {
    const all: (readonly number[])[] = [];
    for await (const batch of inBatches(count(items), size)) all.push(batch);
    return all;
  }

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
