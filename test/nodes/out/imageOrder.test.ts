import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ImageOrder } from '../../../nodes/out/imageOrder';

describe('the order of images', () => {
  it('holds what came early and passes on those that follow', () => {
    const order = new ImageOrder<string>();
    assert.equal(order.add(1, 'b'), true);
    assert.deepEqual([...order.take(false)], []);
    order.add(0, 'a');
    order.add(3, 'd');
    assert.deepEqual([...order.take(false), order.position], ['a', 'b', 2]);
    assert.deepEqual([...order.take(true), order.position], ['d', 4]);
  });

  it('refuses images that are late or come twice', () => {
    const order = new ImageOrder<string>();
    order.add(0, 'a');
    order.add(2, 'c');
    assert.deepEqual([...order.take(false)], ['a']);
    assert.deepEqual([order.add(0, 'a'), order.add(2, 'again')], [false, false]);
    assert.deepEqual([...order.take(true)], ['c']);
  });

  it('counts an image as lost when more than 64 wait for it', () => {
    const order = new ImageOrder<number>();
    for (let n = 1; n <= 64; n++) order.add(n, n);
    assert.deepEqual([...order.take(false)], []);
    order.add(65, 65);
    assert.equal([...order.take(false)].length, 65);
    assert.equal(order.add(0, 0), false);
  });

  it('keeps images without an index in the order in which they came', () => {
    const order = new ImageOrder<string>();
    for (const image of ['a', 'b', 'c']) order.add(null, image);
    assert.deepEqual([...order.take(false)], ['a', 'b', 'c']);
  });

  it('any permutation of 64 images leaves in order, each once', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(64).keys()]), (indexes) => {
        const order = new ImageOrder<number>();
        const taken = indexes.flatMap((index) => {
          order.add(index, index);
          return [...order.take(false)];
        });
        assert.deepEqual(
          [...taken, ...order.take(true)],
          indexes.toSorted((a, b) => a - b),
        );
      }),
    );
  });
});
