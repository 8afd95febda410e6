import assert from 'node:assert/strict';
import { effort, ladder, type Rung } from '../../../../src/pipeline/jobs/live/qualityLadder';

describe('effort', () => {
  const own = { isFollowing: true, hasLight: false, part: 'never', even: false } as const;
  const STEPS = ladder({ ...own, steps: 4 });
  const ALL = ladder({ ...own, steps: 4, hasLight: true, part: 'slow', even: true });
  /** What a picture costs on each rung, in steps of the own model. */
  const costOf = ({ isLight, steps, isPart }: Rung): number => (isLight ? 0.4 : steps) * (isPart ? 0.3 : 1);

  /** Runs a camera of `rate` pictures a second on a machine that takes `cost(second)` ms per step, for some minutes. */
  function levels(rungs: readonly Rung[], rate: number, cost: (second: number) => number, seconds: number): Rung[] {
    let now = 0;
    const chosen = effort(rungs, 500, () => now);
    return Array.from({ length: seconds }, (_, second) => {
      now = second * 1000;
      const rung = rungs[chosen.level]!;
      const work = cost(second) * costOf(rung);
      const wanted = rate / rung.every;
      const made = Math.min(wanted, 1000 / work);
      chosen.look({ dropShare: 1 - made / wanted, latency: work + 20, work, rate });
      return rungs[chosen.level]!;
    });
  }
  const changes = (seen: readonly Rung[]): number => seen.filter((rung, i) => i > 0 && rung !== seen[i - 1]).length;

  it('knows what may be done, best first', () => {
    const words = (rungs: readonly Rung[]): string =>
      rungs
        .map(({ isLight, steps, isPart, every }) =>
          [isLight ? 'light' : steps, ...(isPart ? ['part'] : []), ...(every > 1 ? [`1/${every}`] : [])].join(' '),
        )
        .join(', ');
    assert.equal(words(STEPS), '4, 2, 1');
    assert.equal(words(ladder({ ...own, steps: 15 })), '15, 7, 3, 1');
    assert.equal(words(ALL), '4, 2, 1, light, light part, light part 1/2, light part 1/4, light part 1/8');
    assert.equal(words(ladder({ ...own, steps: 2, part: 'always' })), '2 part, 1 part');
    assert.equal(words(ladder({ ...own, isFollowing: false, steps: 4, hasLight: true, even: true })), '4');
  });

  it('stays where it is while all is well, and goes down as far as it must', () => {
    assert.deepEqual(new Set(levels(STEPS, 10, () => 15, 60)), new Set([STEPS[0]]));
    assert.equal(levels(STEPS, 10, () => 45, 60).at(-1), STEPS[1]);
    assert.equal(levels(STEPS, 25, () => 200, 60).at(-1), STEPS[2]);
    assert.equal(levels(ALL, 10, () => 200, 60).at(-1), ALL[3]);
    assert.equal(levels(ALL, 10, () => 400, 60).at(-1), ALL[4]);
    assert.equal(levels(ALL, 25, () => 900, 90).at(-1), ALL.at(-2));
  });

  it('comes back when the machine is free again', () => {
    for (const rungs of [STEPS, ALL]) {
      const seen = levels(rungs, 10, (second) => (second < 60 ? 300 : 10), 400);
      assert.equal(seen[59], rungs === STEPS ? STEPS[2] : ALL[3]);
      assert.equal(seen.at(-1), rungs[0]);
    }
  });

  it('does not swing to and fro at the edge', () => {
    for (const cost of [20, 25, 30, 40, 50, 60, 90, 120, 160, 200, 250, 300, 400, 600, 900]) {
      for (const rungs of [STEPS, ALL]) {
        const seen = levels(rungs, 10, () => cost, 600);
        const last = rungs.indexOf(seen.at(-1)!);
        assert.ok(changes(seen) <= last + 2, `${cost} ms: ${changes(seen)} changes to get to ${last}`);
      }
    }
  });

  it('does not follow a load that comes and goes', () => {
    const seen = levels(ALL, 10, (second) => (second % 20 < 10 ? 10 : 60), 1200);
    assert.ok(changes(seen) <= 16, `${changes(seen)} changes in 20 minutes`);
  });
});
