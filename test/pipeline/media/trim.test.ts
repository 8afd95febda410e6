import assert from 'node:assert/strict';
import type { FrameSource } from '../../../src/pipeline/media/decode';
import type { Frame } from '../../../src/pipeline/media/frame';
import type { VideoInfo } from '../../../src/pipeline/media/probe';
import { trimFrames } from '../../../src/pipeline/media/trim';
import type { Job } from '../../../src/settings/restoreJob';

describe('trim', () => {
  /** Times of the frames that are left of 0 … 9, and how many were read. */
  async function through(trim: Job['trim']): Promise<{ times: number[]; read: number }> {
    let read = 0;
    async function* frames(): AsyncGenerator<Frame> {
      for (let pts = 0; pts < 10; pts++) {
        read++;
        yield { index: pts, pts, scene: 0, width: 1, height: 1, depth: 8, data: new Uint8Array(3) };
      }
    }
    const source: FrameSource = { read: frames, stderrTail: () => '', async [Symbol.asyncDispose]() {} };
    const times: number[] = [];
    // Two ticks per second; only the time base is read.
    const info = { timeBase: { num: 1, den: 2 } } as VideoInfo;
    for await (const { pts } of trimFrames(source, info, { trim })) times.push(pts);
    return { times, read };
  }

  it('keeps every frame without a range', async () =>
    assert.deepEqual((await through(null)).times, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));

  it('keeps the frame at the start and not the one at the end', async () =>
    assert.deepEqual((await through({ start: 1, end: 3 })).times, [2, 3, 4, 5]));

  it('a start between two frames belongs to the nearest', async () => {
    assert.deepEqual((await through({ start: 1.2, end: 2 })).times, [2, 3]);
    assert.deepEqual((await through({ start: 1.3, end: 2 })).times, [3]);
  });

  it('without an end keeps the rest', async () =>
    assert.deepEqual((await through({ start: 3.5, end: null })).times, [7, 8, 9]));

  it('stops reading at the end', async () => assert.equal((await through({ start: 0, end: 1 })).read, 3));
});
