import assert from 'node:assert/strict';
import type { Frame } from '../../../src/pipeline/media/frame';
import type { VideoInfo } from '../../../src/pipeline/media/probe';
import { limitFrameRate, limitHeight, scaledSize } from '../../../src/pipeline/media/resize';

describe('resize', () => {
  const limited = (width: number, height: number, max: number | null): number[] => {
    const info = limitHeight({ width, height } as VideoInfo, max);
    return [info.width, info.height];
  };

  it('scales a video down to the maximum height, with even sides', () => {
    assert.deepEqual(limited(1920, 1080, 720), [1280, 720]);
    assert.deepEqual(limited(853, 480, 240), [426, 240]);
    assert.deepEqual(limited(10, 1000, 16), [2, 16]);
  });

  it('leaves a video of the maximum height or less unchanged, also with odd sides', () => {
    assert.deepEqual(limited(853, 481, null), [853, 481]);
    assert.deepEqual(limited(853, 481, 481), [853, 481]);
    assert.deepEqual(limited(853, 481, 482), [853, 481]);
  });

  it('keeps even sides even, and no side is lost', () => {
    assert.deepEqual(scaledSize({ width: 30, height: 33 }, 1.5), { width: 46, height: 50 });
    assert.deepEqual(scaledSize({ width: 2, height: 1 }, 0.1), { width: 2, height: 1 });
  });

  it('keeps the first frame of each interval and counts the others', async () => {
    async function* frames(): AsyncGenerator<Frame> {
      for (let pts = 0; pts < 10; pts++)
        yield { index: pts, pts, scene: 0, width: 1, height: 1, depth: 8, data: new Uint8Array(3) };
    }
    const kept = async (maxFps: number | null): Promise<[times: number[], dropped: number]> => {
      let dropped = 0;
      const times: number[] = [];
      const timeBase = { num: 1, den: 10 };
      for await (const { pts } of limitFrameRate(frames(), { timeBase }, maxFps, () => dropped++)) times.push(pts);
      return [times, dropped];
    };
    assert.deepEqual(await kept(5), [[0, 2, 4, 6, 8], 5]);
    assert.deepEqual(await kept(10), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0]);
    assert.deepEqual(await kept(null), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0]);
  });
});
