import assert from 'node:assert/strict';
import { type FieldMode, fieldFilters, fieldReading, fieldTimes } from '../../../src/pipeline/media/fields';

async function timesOf(mode: FieldMode, perTick: number, source: readonly number[], frames: number): Promise<number[]> {
  let read = 0;
  const times = fieldTimes(mode, perTick, async () => source[read++]);
  const found: number[] = [];
  for (let i = 0; i < frames; i++) {
    const time = await times.next();
    if (time === undefined) break;
    assert.ok(read <= source.length + 1);
    found.push(time);
  }
  return found;
}

describe('fieldTimes', () => {
  it('is the times of the frames, unless there are more or fewer', async () => {
    assert.deepEqual(await timesOf('none', 1, [0, 7, 9], 9), [0, 7, 9]);
    assert.deepEqual(await timesOf('frames', 1, [0, 7, 9], 9), [0, 7, 9]);
  });

  it('puts the second field in the middle between two frames, in half ticks', async () => {
    assert.deepEqual(await timesOf('double', 2, [0, 1, 2], 9), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(await timesOf('double', 2, [10, 50, 90], 9), [20, 60, 100, 140, 180, 220]);
    assert.deepEqual(await timesOf('double', 2, [5], 9), [10, 11]); // of one frame the rate is unknown
  });

  it('does not stretch a field over a pause', async () => {
    assert.deepEqual(await timesOf('double', 2, [0, 40, 1000, 1040], 9), [0, 40, 80, 120, 2000, 2040, 2080, 2120]);
  });

  it('spreads four frames over five, in quarters of a tick', async () => {
    const source = Array.from({ length: 12 }, (_, i) => 3003 * i);
    const wanted = Array.from({ length: 10 }, (_, i) => 15_015 * i); // 4 · 3753.75
    assert.deepEqual(await timesOf('telecine', 4, source, 10), wanted);
  });

  it('never waits for a time behind the last frame of a cycle that is not whole', async () => {
    for (const length of [6, 7, 8, 9]) {
      const source = Array.from({ length }, (_, i) => 4 * i);
      const found = await timesOf('telecine', 4, source, 99);
      assert.equal(found.length, 4 + ((length - 5) % 5));
      assert.deepEqual(found, found.map((_, i) => 20 * i)); // prettier-ignore
    }
  });

  it('is increasing, also where the video pauses and where a clock is too fine for parts of its ticks', async () => {
    const paused = [0, 33, 67, 5000, 5033, 5067, 5100, 9000, 9033, 9067, 9100];
    for (const [mode, perTick] of [
      ['telecine', 4],
      ['telecine', 1],
      ['double', 1],
    ] as const) {
      // prettier-ignore
      const found = await timesOf(mode, perTick, paused, 99);
      assert.ok(
        found.every((time, i) => i === 0 || time > found[i - 1]!),
        found.join(),
      );
      assert.ok(found.every((time) => time <= 9200 * perTick));
    }
  });
});

describe('fieldReading', () => {
  const progressive = { isInterlaced: false, fieldOrder: null };
  const bottom = { isInterlaced: true, fieldOrder: 'bottom' } as const;
  const CASES = [
    [progressive, 'auto', 'auto', 'none', 'auto'],
    [bottom, 'auto', 'auto', 'frames', 'bottom'],
    [bottom, 'auto', 'top', 'frames', 'top'],
    [progressive, 'auto', 'top', 'frames', 'top'], // an order is that of interlaced video
    [bottom, 'auto', 'progressive', 'none', 'auto'],
    [bottom, 'off', 'top', 'none', 'auto'],
    [progressive, 'on', 'auto', 'frames', 'auto'],
    [bottom, 'double', 'auto', 'double', 'bottom'],
    [bottom, 'telecine', 'top', 'telecine', 'top'],
  ] as const;
  for (const [video, deinterlace, fieldOrder, mode, order] of CASES)
    it(`${video.isInterlaced ? 'interlaced' : 'progressive'}, ${deinterlace}, ${fieldOrder}: ${mode}, ${order}`, () => {
      assert.deepEqual(fieldReading(video, { deinterlace, fieldOrder }), { mode, order });
    });

  it('an order goes into every filter', () => {
    for (const mode of ['frames', 'double', 'telecine'] as const) {
      const filters = fieldFilters({ mode, order: 'bottom' }).filter((filter) => !filter.startsWith('decimate'));
      assert.ok(
        filters.every((filter) => filter.includes('=bff')),
        filters.join(),
      );
    }
  });
});
