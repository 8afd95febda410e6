import assert from 'node:assert/strict';
import type { VideoInfo } from '../../../src/pipeline/media/probe';
import { limitHeight, scaledSize } from '../../../src/pipeline/media/resize';

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
});
