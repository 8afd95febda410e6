import assert from 'node:assert/strict';
import { skipFinished } from '../../../../src/pipeline/jobs/restore/skipFinished';
import type { Frame } from '../../../../src/pipeline/media/frame';

describe('skipFinished', () => {
  for (const [finished, left] of [
    [0, [0, 10, 20, 30]],
    [1, [10, 20, 30]],
    [3, [30]],
    [4, []],
  ] as const) {
    it(`after ${finished} finished frames passes the rest, and knows the time of every frame`, async () => {
      async function* frames(): AsyncGenerator<Frame> {
        for (let index = 0; index < 4; index++)
          yield { index, pts: 10 * index, scene: 0, width: 1, height: 1, depth: 8, data: new Uint8Array(3) };
      }
      const times: number[] = [];
      const passed: number[] = [];
      for await (const { pts } of skipFinished(frames(), finished, times)) passed.push(pts);
      assert.deepEqual([passed, times], [left, [0, 10, 20, 30]]);
    });
  }
});
