import assert from 'node:assert/strict';
import { crossfade } from '../../../src/pipeline/frames/crossfade';
import type { RgbFrame } from '../../../src/pipeline/media/frame';
import { meanDifference } from '../../support/videos';

/** A frame of soft waves. */
function waves(width: number, height: number, shift = 0): RgbFrame {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, at++) data[at] = 128 + 60 * Math.sin((x + shift) / 5 + c) + 50 * Math.cos(y / 4);
  return { width, height, data };
}

const brighter = ({ data, ...size }: RgbFrame, by: number): RgbFrame => ({ ...size, data: data.map((v) => v + by) });

describe('crossfade', () => {
  const still = waves(64, 48);
  const [old, next] = [brighter(waves(128, 96), -8), brighter(waves(128, 96), 8)];

  it('fades static parts: no step is larger than a fraction of the difference', () => {
    const fading = crossfade();
    fading.through(still, old);
    fading.begin();
    let last = old.data;
    const steps = Array.from({ length: 12 }, () => {
      const shown = fading.through(still, next);
      const step = meanDifference(last, shown);
      last = shown;
      return step;
    });
    const whole = meanDifference(old.data, next.data);
    assert.ok(Math.max(...steps) < whole / 5, steps.join());
    assert.deepEqual(last, next.data);
  });

  it('starts from the visible frame, also during another crossfade', () => {
    const fading = crossfade();
    fading.through(still, old);
    fading.begin();
    let last = old.data;
    for (let i = 0; i < 3; i++) last = fading.through(still, next);
    fading.begin();
    const back = fading.through(still, old);
    assert.ok(meanDifference(last, back) < meanDifference(old.data, next.data) / 5);
  });

  it('leaves no ghosting in moving parts', () => {
    const fading = crossfade();
    const box = (at: number): RgbFrame => {
      const data = still.data.slice();
      for (let y = 16; y < 24; y++) data.fill(255, (y * 64 + at) * 3, (y * 64 + at + 8) * 3);
      return { ...still, data };
    };
    fading.through(box(8), old);
    fading.begin();
    const shown = fading.through(box(40), next);
    for (const x of [8, 15, 40, 47]) {
      const at = (2 * 20 * 128 + 2 * x) * 3;
      assert.deepEqual(shown.subarray(at, at + 6), next.data.subarray(at, at + 6), `at ${x}`);
    }
    const calm = (2 * 44 * 128 + 2 * 60) * 3;
    assert.notDeepEqual(shown.subarray(calm, calm + 6), next.data.subarray(calm, calm + 6));
  });

  it('shows another size at once', () => {
    const fading = crossfade();
    fading.through(still, old);
    fading.begin();
    const other = waves(32, 32);
    assert.deepEqual(fading.through(waves(16, 16), other), other.data);
  });
});
