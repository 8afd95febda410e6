import assert from 'node:assert/strict';
import type { FfmpegBinary } from '../../../src/pipeline/media/findFfmpeg';
import type { Rational } from '../../../src/pipeline/media/frame';
import { clockOptions } from '../../../src/pipeline/media/trackClock';

const binary = (hasFpsMode: boolean): FfmpegBinary => ({ hasFpsMode }) as FfmpegBinary;

/** Ticks per second of the track. Without `end` the last frame lasts as long as the one before. */
function scale(timeBase: Rational, pts: readonly number[], end: number | null = null, isReordered = false): number {
  const last = pts.at(-1)!;
  const times = { pts, end: end ?? 2 * last - (pts.at(-2) ?? 0), timeBase };
  const [name, value, ...others] = clockOptions(binary(false), 'mp4', times, isReordered);
  assert.equal(name, '-video_track_timescale');
  assert.deepEqual(others, []);
  return Number(value);
}

/** The largest step that readers accept. */
const MAX = 2 ** 31 - 1;

describe('trackClock', () => {
  it('MP4 and MOV have the clock of the source, and Matroska its own', () => {
    const times = { pts: [0, 1, 2], end: 3, timeBase: { num: 1, den: 90_000 } };
    assert.deepEqual(clockOptions(binary(false), 'mov', times, false), ['-video_track_timescale', '90000']);
    const both = ['-video_track_timescale', '90000', '-movie_timescale', '90000'];
    assert.deepEqual(clockOptions(binary(true), 'mp4', times, false), both);
    for (const hasFpsMode of [true, false]) assert.deepEqual(clockOptions(binary(hasFpsMode), 'mkv', times, false), []);
  });

  it('a clock that fits is kept', () => {
    for (const [num, den] of [
      [1, 25],
      [1, 600],
      [1, 1000],
      [1, 12_800],
      [1001, 24_000],
      [1001, 30_000],
      [1, 1_000_000_000],
      [1, MAX],
    ] as const)
      assert.equal(scale({ num, den }, [0, 1, 3], 4), den);
    assert.equal(scale({ num: 2, den: 50 }, [0, 1, 2]), 25);
    assert.equal(scale({ num: 1001, den: 24_024 }, [0, 1, 2]), 24);
    assert.equal(scale({ num: 1, den: 25 }, [0]), 25);
  });

  it('the longest step may have 2³¹ − 1 ticks', () => {
    const clock = { num: 1, den: 90_000 };
    assert.equal(scale(clock, [0, MAX]), 90_000);
    assert.equal(scale(clock, [0, 1, 1 + MAX, 2 + MAX]), 90_000);
    assert.equal(scale(clock, [MAX]), 90_000);
    assert.equal(scale(clock, [0, 1], 1 + MAX), 90_000);
    for (const [pts, end] of [
      [[0, MAX + 1], null],
      [[0, MAX + 1, MAX + 1 + 2 ** 30], null],
      [[MAX + 1], null],
      [[0], MAX + 1],
    ] as const)
      assert.equal(scale(clock, pts, end), 5625, pts.join()); // 2³¹ and 90,000 have the divisor 16
    assert.equal(scale({ num: 3, den: 90_000 }, [0, 715_827_882]), 30_000);
    assert.equal(scale({ num: 7, den: 90_000 }, [0, 306_783_378]), 90_000);
    assert.equal(scale({ num: 7, den: 90_000 }, [0, 306_783_379]), 60_000);
  });

  it('where the clock does not fit, the common divisor of all steps does', () => {
    const clock = { num: 1, den: 1_000_000_000 };
    assert.equal(scale(clock, [0, 40_000_000, 5_000_000_000]), 25);
    assert.equal(scale(clock, [40_000_000, 5_000_000_000, 5_010_000_000]), 100);
    assert.equal(scale(clock, [0, 5_000_000_000], 5_001_000_000), 1000);
    assert.equal(scale({ num: 1001, den: 24_000_000 }, [0, 1000, 1000 * 10 ** 6]), 24_000);
    assert.equal(scale({ num: 1, den: 3 * 10 ** 9 }, [0, 3]), 10 ** 9);
    assert.equal(scale({ num: 1, den: MAX + 1 }, [0, 2]), 2 ** 30);
  });

  it('where that does not fit, the finest usual clock does', () => {
    assert.equal(scale({ num: 1, den: MAX + 1 }, [0, 1]), 600_000);
    for (const rate of [600_000, 120_000, 90_000, 60_000, 30_000, 12_000, 3000, 1000, 600, 60, 1]) {
      const longest = Math.floor((MAX / rate) * 1_000_000 * 0.999);
      const clock = { num: 1, den: 1_000_000 };
      assert.equal(scale(clock, [0, 1, 1 + longest]), rate);
      assert.equal(scale(clock, [0, 1], 1 + longest), rate);
    }
  });

  it('reordered frames may be shown 2²⁸ ticks after they are decoded', () => {
    const clock = { num: 1, den: 1_000_000_000 };
    // A frame may be decoded at the time of the 32nd before it.
    const evenly = (frames: number, total: number): number[] =>
      Array.from({ length: frames }, (_, i) => Math.floor((i * total) / (frames - 1)));
    assert.equal(scale(clock, [0, 2 ** 28], null, true), clock.den);
    assert.equal(scale(clock, [0, 2 ** 28 + 2], null, true), 500_000_000);
    assert.equal(scale(clock, evenly(33, 2 ** 28), null, true), clock.den);
    assert.equal(scale(clock, evenly(33, 2 ** 28 + 1), null, true), 600_000);
    assert.equal(scale(clock, evenly(33, 2 ** 28 + 1), null, false), clock.den);
    assert.equal(scale(clock, evenly(34, 2 ** 28 + 1), null, true), clock.den);
    assert.equal(scale(clock, [1, 2, 2 ** 31 - 1], 2 ** 31, false), clock.den);
    assert.equal(scale(clock, [2 ** 29, 2 ** 29 + 100], 2 ** 30, true), clock.den);
  });

  it('the first step of reordered frames has 32 ticks, by doubling the clock where that fits', () => {
    const clock = { num: 1, den: 25 };
    assert.equal(scale(clock, [0, 1, 2], 3, true), 800);
    assert.equal(scale(clock, [0, 1, 2], 3, false), 25);
    assert.equal(scale(clock, [5, 6], 7, true), 800);
    assert.equal(scale(clock, [0], 1, true), 800);
    assert.equal(scale({ num: 1, den: 1000 }, [0, 32], 64, true), 1000);
    assert.equal(scale({ num: 1, den: 1000 }, [0, 31], 62, true), 2000);
    assert.equal(scale({ num: 1, den: 1000 }, [0, 1, 2 ** 29], 2 ** 29 + 1, true), 480);
    assert.equal(scale({ num: 1, den: 1000 }, [0, 1, 2 ** 27], 2 ** 27 + 1, true), 2000);
  });

  it('the end of the last frame counts', () => {
    const [clock, pts] = [{ num: 1, den: 90_000 }, [0, 3000]];
    assert.equal(scale(clock, pts), 90_000);
    assert.equal(scale(clock, pts, 3000 + 4 * 10 ** 9), 90);
  });
});
