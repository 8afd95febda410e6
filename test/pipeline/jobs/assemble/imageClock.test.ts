import assert from 'node:assert/strict';
import { ImageClock } from '../../../../src/pipeline/jobs/assemble/imageClock';

describe('imageClock', () => {
  const timesOf = (fps: number | null, times: readonly (number | null)[]) => {
    const clock = new ImageClock({ fps }, times[0]!);
    for (const time of times) clock.add(time);
    return { ...clock.times(), count: clock.count, framesPerSecond: clock.framesPerSecond };
  };

  it('images with times keep them, from the first on; the last is shown as long as the one before', () => {
    const { pts, end, timeBase, framesPerSecond } = timesOf(null, [2, 2.5, 4]);
    assert.deepEqual([pts, end], [[0, 45_000, 180_000], 315_000]);
    assert.equal(timesOf(null, [2]).end, 3600);
    assert.deepEqual([timeBase, framesPerSecond], [{ num: 1, den: 90_000 }, null]);
  });

  it('an image without a time follows 1/25 s after the last', () =>
    assert.deepEqual(timesOf(null, [1, null, 2]).pts, [0, 3600, 90_000]));

  it('a frame rate replaces the times', () => {
    const { pts, end, timeBase, framesPerSecond } = timesOf(30000 / 1001, [5, 1, 3]);
    assert.deepEqual([pts, end, timeBase], [[0, 1, 2], 3, { num: 1001, den: 30_000 }]);
    assert.equal(framesPerSecond, 30_000 / 1001);
  });

  it('images without times have 25 per second', () =>
    assert.deepEqual(timesOf(null, [null, null]), {
      ...{ pts: [0, 1], end: 2, timeBase: { num: 1, den: 25 }, count: 2, framesPerSecond: 25 },
    }));

  it('refuses a number that is no time, and names the image', () => {
    for (const time of [NaN, Infinity, -0.1, undefined as unknown as number])
      for (const times of [[time], [0, 1, time]])
        assert.throws(() => timesOf(null, times), {
          code: 'BAD_SETTING',
          message: `The time of image ${times.length} is ${time}.`,
        });
    assert.deepEqual(timesOf(25, [NaN, NaN]).pts, [0, 1], 'a frame rate replaces them');
  });

  it('refuses a time that is not later', () =>
    assert.throws(() => timesOf(null, [1, 1]), { code: 'BAD_SETTING', message: /1 s arrived after a later one/ }));
});
