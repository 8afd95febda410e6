import assert from 'node:assert/strict';
import { BoundedQueue, type OverflowPolicy } from '../../src/async/boundedQueue';

describe('boundedQueue', () => {
  /** What 1, 2, 3 leave in a queue, and what each push drops. */
  function filled(capacity: number, overflow: OverflowPolicy) {
    const queue = new BoundedQueue<number>(capacity, overflow);
    const dropped = [1, 2, 3].map((item) => queue.push(item));
    return { length: queue.length, dropped, left: queue.drain() };
  }

  it('drops nothing while there is room', () =>
    assert.deepEqual(filled(3, 'error'), { length: 3, dropped: [null, null, null], left: [1, 2, 3] }));

  it('drops the oldest item for the new one', () =>
    assert.deepEqual(filled(2, 'oldest'), { length: 2, dropped: [null, null, 1], left: [2, 3] }));

  for (const overflow of ['newest', 'error'] as const) {
    it(`drops the new item (${overflow})`, () =>
      assert.deepEqual(filled(2, overflow), { length: 2, dropped: [null, null, 3], left: [1, 2] }));
  }

  it('without capacity, drops every item', () =>
    assert.deepEqual(filled(0, 'oldest'), { length: 0, dropped: [1, 2, 3], left: [] }));

  it('keeps one item of a capacity of one', () =>
    assert.deepEqual(filled(1, 'oldest'), { length: 1, dropped: [null, 1, 2], left: [3] }));
});
