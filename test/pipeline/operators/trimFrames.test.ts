import assert from 'node:assert/strict';
import { TestScheduler } from 'rxjs/testing';
import { BackpressureWindow } from '../../../src/async/backpressure';
import { pullFrames } from '../../../src/pipeline/operators/pullFrames';
import { trimFrames } from '../../../src/pipeline/operators/trimFrames';
import type { Job } from '../../../src/settings/restoreJob';
import { frameAt, frames, ticks } from '../../support/frames';

/** Two ticks per second. */
const CLOCK = { timeBase: { num: 1, den: 2 } };

describe('trimFrames', () => {
  const through = (trim: Job['trim']): Promise<number[]> =>
    ticks(pullFrames(frames(10), new BackpressureWindow(1)).pipe(trimFrames(CLOCK, { trim })));

  it('is drawn as', () => {
    const scheduler = new TestScheduler((actual, expected) => assert.deepEqual(actual, expected));
    const values = Object.fromEntries('abcdef'.split('').map((name, pts) => [name, frameAt(pts)]));
    scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a b c d e f|', values);
      const range = { start: 1, end: 2 };
      expectObservable(source.pipe(trimFrames(CLOCK, { trim: range }))).toBe('--cd(|)', values);
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
  });

  it('keeps every frame without a range', async () =>
    assert.deepEqual(await through(null), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));

  it('keeps the frame at the start and not the one at the end', async () =>
    assert.deepEqual(await through({ start: 1, end: 3 }), [2, 3, 4, 5]));

  it('a start between two frames belongs to the nearest', async () => {
    assert.deepEqual(await through({ start: 1.2, end: 2 }), [2, 3]);
    assert.deepEqual(await through({ start: 1.3, end: 2 }), [3]);
  });

  it('without an end keeps the rest', async () =>
    assert.deepEqual(await through({ start: 3.5, end: null }), [7, 8, 9]));
});
