import assert from 'node:assert/strict';
import { fitted } from '../../../src/pipeline/media/fitFrames';
import type { VideoInfo } from '../../../src/pipeline/media/probe';

describe('fitted', () => {
  const info = { width: 64, height: 48, pixelAspect: { num: 1, den: 1 } } as VideoInfo;

  it('masks are stretched, frames of a video get bars', () => {
    assert.deepEqual(fitted(info, true, 'flags=x'), ['scale=64:48:flags=x']);
    const [scale, pad, ...others] = fitted(info, false, 'flags=x');
    assert.match(scale!, /^scale='if\(lt\(.*':'if\(gt\(.*':flags=x$/);
    assert.equal(pad, 'pad=64:48:(ow-iw)/2:(oh-ih)/2');
    assert.deepEqual(others, []);
  });
});
