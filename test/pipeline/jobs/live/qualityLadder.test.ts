import assert from 'node:assert/strict';
import {
  qualityLadder,
  qualitySteps,
  type QualityStep,
  sizeAt,
} from '../../../../src/pipeline/jobs/live/qualityLadder';

describe('qualityLadder', () => {
  const own = { isAdaptive: true, hasFallback: false, scale: 1, region: 'never', skipFramesEvenly: false } as const;
  const STEPS = qualitySteps({ ...own, steps: 4 });
  const ALL = qualitySteps({ ...own, steps: 4, hasFallback: true, region: 'slow', skipFramesEvenly: true });
  const X4 = qualitySteps({ ...own, steps: 4, hasFallback: true, scale: 4 });
  const smallest = X4.length - 1;
  /** Cost of a frame at each level, in steps of the job's model for frames of `lines`. */
  const costOf = (step: QualityStep, lines: number): number =>
    (step.isFallback ? 0.4 : step.steps) * (step.isRegionOnly ? 0.3 : 1) * sizeAt(step, lines) ** 2;

  /** Simulates a camera of `rate` frames per second on a machine that takes `cost(second)` ms per step. */
  function levels(
    rungs: readonly QualityStep[],
    rate: number,
    cost: (second: number) => number,
    seconds: number,
    lines = 720,
  ): QualityStep[] {
    let now = 0;
    const chosen = qualityLadder(rungs, 500, () => now);
    return Array.from({ length: seconds }, (_, second) => {
      now = second * 1000;
      const rung = rungs[chosen.level]!;
      const work = cost(second) * costOf(rung, lines);
      const wanted = rate / rung.frameStep;
      const output = Math.min(wanted, 1000 / work);
      chosen.update({ dropShare: 1 - output / wanted, latency: work + 20, work, rate, lines });
      return rungs[chosen.level]!;
    });
  }
  const changes = (seen: readonly QualityStep[]): number =>
    seen.filter((rung, i) => i > 0 && rung !== seen[i - 1]).length;

  it('lists the allowed levels, best first', () => {
    const words = (rungs: readonly QualityStep[]): string =>
      rungs
        .map(({ isFallback, steps, isRegionOnly, frameStep }) =>
          [
            isFallback ? 'light' : steps,
            ...(isRegionOnly ? ['region'] : []),
            ...(frameStep > 1 ? [`1/${frameStep}`] : []),
          ].join(' '),
        )
        .join(', ');
    assert.equal(words(STEPS), '4, 2, 1');
    assert.equal(words(qualitySteps({ ...own, steps: 15 })), '15, 7, 3, 1');
    assert.equal(words(ALL), '4, 2, 1, light, light region, light region 1/2, light region 1/4, light region 1/8');
    assert.equal(words(qualitySteps({ ...own, steps: 2, region: 'always' })), '2 region, 1 region');
    const sizes = (scale: number): number[] =>
      qualitySteps({ ...own, steps: 1, scale }).map(({ size }) => Math.round(100 * size));
    assert.deepEqual([1, 2, 3, 4].map(sizes), [[100], [100, 71, 50], [100, 71, 50, 35], [100, 71, 50, 35, 25]]);
    assert.equal(
      words(qualitySteps({ ...own, isAdaptive: false, steps: 4, hasFallback: true, skipFramesEvenly: true })),
      '4',
    );
  });

  it('keeps its level without overload, and goes down as far as necessary', () => {
    assert.deepEqual(new Set(levels(STEPS, 10, () => 15, 60)), new Set([STEPS[0]]));
    assert.equal(levels(STEPS, 10, () => 45, 60).at(-1), STEPS[1]);
    assert.equal(levels(STEPS, 25, () => 200, 60).at(-1), STEPS[2]);
    assert.equal(levels(ALL, 10, () => 200, 60).at(-1), ALL[3]);
    assert.equal(levels(ALL, 10, () => 400, 60).at(-1), ALL[4]);
    assert.equal(levels(ALL, 25, () => 900, 90).at(-1), ALL.at(-2));
  });

  it('returns to the best level after an overload', () => {
    for (const rungs of [STEPS, ALL]) {
      const seen = levels(rungs, 10, (second) => (second < 60 ? 300 : 10), 400);
      assert.equal(seen[59], rungs === STEPS ? STEPS[2] : ALL[3]);
      assert.equal(seen.at(-1), rungs[0]);
    }
  });

  it('begins with the smallest frames and stays there on a slow machine', () => {
    assert.deepEqual(new Set(levels(X4, 15, () => 4000, 120)), new Set([X4[smallest]]));
  });

  it('goes from there to the best size at once, and then to the better model', () => {
    const seen = levels(X4, 15, () => 60, 17); // 24 ms at the full size of the fallback model
    assert.deepEqual(
      [...new Set(seen)].map((rung) => X4.indexOf(rung)),
      [smallest, 3],
    );
    assert.equal(seen[4], X4[3]);
    assert.equal(levels(X4, 15, () => 5, 120).at(-1), X4[0]);
    const none = qualitySteps({ ...own, steps: 4, scale: 4 });
    assert.equal(levels(none, 15, () => 5, 10).at(-1), none[0]);
  });

  it('goes back to smaller frames when the machine gets slower', () => {
    const seen = levels(X4, 15, (second) => (second < 16 ? 20 : 600), 60);
    assert.equal(seen[15], X4[3]);
    assert.ok(X4.indexOf(seen.at(-1)!) > 4);
  });

  it('passes over sizes that small frames do not have', () => {
    assert.equal(sizeAt(X4[smallest]!, 36), 1);
    assert.equal(sizeAt(X4[smallest]!, 180), 0.5);
    const all = qualitySteps({ ...own, steps: 2, hasFallback: true, scale: 4, region: 'slow' });
    const seen = levels(all, 10, (second) => (second < 60 ? 600 : 10), 200, 36);
    assert.deepEqual(
      [...new Set(seen)].map(({ isFallback, steps, isRegionOnly }) => [isFallback, steps, isRegionOnly]),
      [
        [true, 1, false],
        [true, 1, true],
        [false, 1, false],
        [false, 2, false],
      ],
    );
  });

  it('does not oscillate at the limit', () => {
    for (const cost of [20, 25, 30, 40, 50, 60, 90, 120, 160, 200, 250, 300, 400, 600, 900]) {
      for (const rungs of [STEPS, ALL]) {
        const seen = levels(rungs, 10, () => cost, 600);
        const last = rungs.indexOf(seen.at(-1)!);
        assert.ok(changes(seen) <= last + 2, `${cost} ms: ${changes(seen)} changes to get to ${last}`);
      }
    }
  });

  it('does not follow an intermittent load', () => {
    const seen = levels(ALL, 10, (second) => (second % 20 < 10 ? 10 : 60), 1200);
    assert.ok(changes(seen) <= 16, `${changes(seen)} changes in 20 minutes`);
  });
});
