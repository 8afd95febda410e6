import assert from 'node:assert/strict';
import { frameRate } from '../../../src/pipeline/media/frameRate';

describe('frameRate', () => {
  it('rates of NTSC are exact, however they are rounded', () => {
    for (const [whole, printed] of [
      [24, [23.976, 23.98, 24_000 / 1001]],
      [30, [29.97, 29.9701]],
      [48, [47.95, 47.952]],
      [60, [59.94, 59.9401]],
      [120, [119.88]],
    ] as const)
      for (const rate of printed) assert.deepEqual(frameRate(rate), { num: whole * 1000, den: 1001 }, String(rate));
  });

  it('other rates have three decimals', () => {
    for (const rate of [1, 2, 3, 4, 5, 6, 10, 12.5, 15, 24, 25, 30, 48, 50, 60, 100, 120, 240, 23.97, 0.5, 7.123])
      assert.equal(frameRate(rate).num / frameRate(rate).den, rate);
  });

  it('a rate is that of NTSC where it differs by less than two rounded decimals', () => {
    const ntsc = 30_000 / 1001;
    for (const difference of [-0.00505, 0.00505])
      assert.deepEqual(frameRate(ntsc + difference), { num: 30_000, den: 1001 }, String(difference));
    assert.deepEqual(frameRate(ntsc - 0.00515), { num: 5993, den: 200 });
    assert.deepEqual(frameRate(ntsc + 0.00515), { num: 1199, den: 40 });
  });

  it('fractions are reduced', () => {
    assert.deepEqual([10, 12.5, 25].map(frameRate), [
      { num: 10, den: 1 },
      { num: 25, den: 2 },
      { num: 25, den: 1 },
    ]);
    assert.deepEqual(frameRate(7000 / 1001), { num: 1000, den: 143 });
  });
});
