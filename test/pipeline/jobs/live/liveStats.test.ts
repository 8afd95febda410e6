import assert from 'node:assert/strict';
import { liveStats } from '../../../../src/pipeline/jobs/live/liveStats';

describe('liveStats', () => {
  it('counts all frames and measures the last ten seconds', () => {
    let now = 0;
    const numbers = liveStats(() => now);
    for (; now < 20_000; now += 100) {
      numbers.received();
      if (now % 200 === 0) numbers.upscaled(now < 10_000 ? 900 : 50);
      else numbers.dropped(30);
    }
    const { in: came, out, dropped, fps, fpsIn, dropShare, latency, ageAtDrop } = numbers.counts();
    assert.deepEqual([came, out, dropped], [200, 100, 100]);
    assert.ok(Math.abs(fps! - 5) < 0.2 && Math.abs(fpsIn! - 10) < 0.2 && Math.abs(dropShare - 0.5) < 0.02);
    assert.deepEqual(
      [latency, ageAtDrop],
      [
        { p50: 50, p95: 50, p99: 50 },
        { p50: 30, p95: 30, p99: 30 },
      ],
    );
  });

  it('knows no rate of the first burst', () => {
    let now = 0;
    const numbers = liveStats(() => now);
    for (const time of [0, 1, 2]) {
      now = time;
      numbers.received();
      numbers.upscaled(5);
    }
    const rates = (): readonly (number | null)[] => [numbers.counts().fps, numbers.counts(500).fpsIn];
    assert.deepEqual(rates(), [null, null]);
    now = 999;
    assert.equal(numbers.counts().fpsIn, null);
    now = 1000;
    assert.equal(numbers.counts().fpsIn, 2);
  });

  it('returns zeros and nulls without frames', () => {
    assert.deepEqual(liveStats().counts(), {
      ...{ in: 0, out: 0, dropped: 0, fps: null, fpsIn: null, dropShare: 0, latency: null, ageAtDrop: null, missed: 0 },
    });
  });

  it('distinguishes skipped frames from late ones', () => {
    const numbers = liveStats();
    for (let i = 0; i < 20; i++) {
      numbers.received();
      if (i % 2 === 0) numbers.skipped();
      else if (i % 4 === 1) numbers.dropped(30);
      else numbers.upscaled(50);
    }
    const { out, dropped, dropShare, missed, ageAtDrop } = numbers.counts();
    assert.deepEqual([out, dropped, dropShare, missed, ageAtDrop!.p50], [5, 15, 0.75, 0.5, 30]);
  });
});
