import assert from 'node:assert/strict';
import { latencyEstimate, isTooLate } from '../../../../src/pipeline/jobs/live/dropLateFrames';

describe('latencyEstimate', () => {
  it('estimates the median and the near-maximum cost of a frame', () => {
    const cost = latencyEstimate();
    assert.deepEqual([cost.usual, cost.most], [0, 0]);
    for (let i = 1; i <= 40; i++) cost.add(i % 20 === 0 ? 900 : 100 + (i % 5));
    assert.deepEqual([cost.usual, cost.most], [102, 104]);
    for (let i = 0; i < 3; i++) cost.add(480);
    let dropped = 0;
    for (; isTooLate(50, cost, 500); dropped++) cost.decay();
    assert.ok(dropped > 0 && dropped <= 60, `${dropped} pictures are kept out after a bad moment`);
    cost.reset();
    cost.add(7);
    assert.deepEqual([cost.usual, cost.most], [7, 7]);
  });

  it('drops frames that would be late, but never all', () => {
    assert.equal(isTooLate(300, { usual: 150, most: 190 }, 500), false);
    assert.equal(isTooLate(320, { usual: 150, most: 190 }, 500), true);
    assert.equal(isTooLate(320, { usual: 150, most: 600 }, 500), false); // occasionally too slow in any case
    assert.equal(isTooLate(360, { usual: 150, most: 600 }, 500), true);
    assert.equal(isTooLate(4000, { usual: 700, most: 900 }, 500), false); // always too slow
  });
});
