import assert from 'node:assert/strict';
import { TestScheduler } from 'rxjs/testing';
import { limitFrameRate } from '../../../src/pipeline/operators/limitFrameRate';
import { frameAt } from '../../support/frames';

describe('limitFrameRate', () => {
  /** Ten frames per second. */
  const kept = (maxFps: number | null, source: string, result: string, droppedCount: number): void => {
    let dropped = 0;
    const values = Object.fromEntries('abcdefghij'.split('').map((name, pts) => [name, frameAt(pts)]));
    new TestScheduler((actual, expected) => assert.deepEqual(actual, expected)).run(({ cold, expectObservable }) => {
      const limit = limitFrameRate({ timeBase: { num: 1, den: 10 } }, maxFps, () => dropped++);
      expectObservable(cold(source, values).pipe(limit)).toBe(result, values);
    });
    assert.equal(dropped, droppedCount);
  };

  it('keeps the first frame of each interval and counts the others', () => kept(5, 'abcdefghij|', 'a-c-e-g-i-|', 5));

  it('keeps all frames of a source that is slow enough', () => kept(10, 'abcdefghij|', 'abcdefghij|', 0));

  it('keeps all frames without a limit', () => kept(null, 'abcdefghij|', 'abcdefghij|', 0));
});
