import assert from 'node:assert/strict';
import { descend, spread } from '../../src/sampler/timesteps';
import { respace } from './official/respace';

describe('timesteps', () => {
  it('descend keeps the noisiest index, and with two or more also the cleanest', () => {
    assert.deepEqual(descend(15, 1), [14]);
    assert.deepEqual(descend(15, 2), [0, 14]);
    assert.deepEqual(descend(15, 4), [0, 5, 9, 14]);
    assert.deepEqual(descend(1, 1), [0]);
  });

  it("upstream's respace keeps the cleanest index and drops the noisiest", () => {
    assert.deepEqual(respace(15, 5), [0, 3, 6, 9, 12]);
    assert.deepEqual(respace(15, 4), [0, 3, 7, 11]);
  });

  it('every function returns the requested number of ascending indices', () => {
    for (const rule of [descend, respace, spread]) {
      for (let total = 1; total <= 60; total++) {
        for (let count = 1; count <= total; count++) {
          const kept = rule(total, count);
          assert.equal(kept.length, count);
          assert.ok(kept.every((t, k) => Number.isInteger(t) && t > (kept[k - 1] ?? -1) && t < total));
        }
        assert.deepEqual(rule(total, total), [...Array(total).keys()]);
      }
    }
  });

  it('rejects a count outside the schedule', () => {
    for (const rule of [descend, respace, spread]) {
      for (const count of [0, 16, 2.5]) {
        const message = `steps is ${count}, but must be a whole number from 1 to 15`;
        assert.throws(() => rule(15, count), { code: 'BAD_SETTING', message });
      }
    }
  });
});
