import assert from 'node:assert/strict';
import { from } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { selectFrames } from '../../../src/pipeline/operators/selectFrames';
import type { FrameSelection } from '../../../src/settings/framesJob';
import { all, frameAt } from '../../support/frames';

/** Ten frames per second; a new shot every four. */
const TEN = Array.from({ length: 10 }, (_, pts) => frameAt(pts, { scene: 4 * Math.floor(pts / 4) }));
const CLOCK = { num: 1, den: 10 };

describe('selectFrames', () => {
  const selected = async (pick: FrameSelection, frames = TEN): Promise<number[]> => {
    const found = await all(from(frames).pipe(selectFrames(CLOCK, pick)));
    assert.deepEqual(
      found.map(({ isLast }) => isLast),
      found.map((_, i) => i === found.length - 1),
    );
    let previous = -1;
    for (const { index, dropped } of found) {
      assert.equal(dropped, index - previous - 1);
      previous = index;
    }
    return found.map(({ frame }) => frame.pts);
  };

  it('is drawn as', () => {
    const scheduler = new TestScheduler((actual, expected) => assert.deepEqual(actual, expected));
    const values = Object.fromEntries('abcde'.split('').map((name, i) => [name, TEN[i]!]));
    const made = (i: number, isLast: boolean) => ({ frame: TEN[i], index: i, dropped: i === 0 ? 0 : 1, isLast });
    scheduler.run(({ cold, expectObservable }) => {
      const result = cold('a b c d e|', values).pipe(selectFrames(CLOCK, { by: 'every', n: 2 }));
      expectObservable(result).toBe('--a-c(e|)', { a: made(0, false), c: made(2, false), e: made(4, true) });
    });
  });

  it('every n-th', async () => assert.deepEqual(await selected({ by: 'every', n: 4 }), [0, 4, 8]));

  it('at most so many per second', async () => assert.deepEqual(await selected({ by: 'rate', fps: 2.5 }), [0, 4, 8]));

  it('the first of every shot', async () => assert.deepEqual(await selected({ by: 'scenes' }), [0, 4, 8]));

  it('those that are shown at given times', async () => {
    assert.deepEqual(await selected({ by: 'times', seconds: [0, 0.22, 0.3] }), [0, 2, 3]);
    assert.deepEqual(await selected({ by: 'times', seconds: [0.82, 5] }), [8, 9]);
    for (const half of [0.25, 0.26])
      // half a tick before it, or less
      assert.deepEqual(await selected({ by: 'times', seconds: [half] }), [3]);
  });

  it('one that is shown at several times comes once, also the first and the last', async () => {
    const late = TEN.slice(3);
    assert.deepEqual(await selected({ by: 'times', seconds: [0, 0.1] }, late), [3]);
    assert.deepEqual(await selected({ by: 'times', seconds: [0, 0.34, 0.44] }, late), [3, 4]);
    assert.deepEqual(await selected({ by: 'times', seconds: [0.1, 0.82, 0.84, 0.95, 2, 3] }), [1, 8, 9]);
  });
});
