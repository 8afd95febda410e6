import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpeedOf } from '../../src/queue/speed';

describe('the speed of a worker', () => {
  it('counts the segments it has made, and the one it makes', async () => {
    const speed = new SpeedOf();
    assert.equal(speed.fps, null);
    speed.begin();
    await sleep(20);
    assert.equal(speed.fps, null);
    speed.note(5);
    assert.ok(speed.fps! > 0);
    speed.end(10);
    const { fps } = speed;
    assert.ok(fps! > 0 && fps! <= 10 / 0.019, String(fps));
    speed.begin();
    speed.end(null);
    assert.equal(speed.fps, fps, 'one that was found does not count');
  });

  it('is that of the last five segments', () => {
    const speed = new SpeedOf();
    for (let i = 0; i < 20; i++) {
      speed.begin();
      for (const end = performance.now() + 1; performance.now() < end;);
      speed.end(i < 15 ? 1e9 : 1);
    }
    assert.ok(speed.fps! < 1e6);
  });
});
