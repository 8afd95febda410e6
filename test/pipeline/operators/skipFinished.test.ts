import assert from 'node:assert/strict';
import { from } from 'rxjs';
import { skipFinished } from '../../../src/pipeline/operators/skipFinished';
import { frameAt, ticks } from '../../support/frames';

describe('skipFinished', () => {
  for (const [finished, left] of [
    [0, [0, 10, 20, 30]],
    [1, [10, 20, 30]],
    [3, [30]],
    [4, []],
  ] as const) {
    it(`after ${finished} finished frames passes the rest, and knows the time of every frame`, async () => {
      const times: number[] = [];
      const source = from([0, 10, 20, 30].map((pts) => frameAt(pts)));
      assert.deepEqual(
        [await ticks(source.pipe(skipFinished((index) => index < finished, times))), times],
        [left, [0, 10, 20, 30]],
      );
    });
  }
});
