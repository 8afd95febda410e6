import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpeedOf } from '../../src/queue/speed';

describe('the speed of a worker', () => {
  it('counts the segments it has made, and the one it makes', async () => {
    const speed = new SpeedOf();
    assert.deepEqual([speed.average, speed.with(0)], [null, null]);
    speed.begin();
    await sleep(20);
    assert.ok(speed.with(5)! > 0);
    assert.equal(speed.average, null);
    speed.end(10);
    const { average } = speed;
    assert.ok(average! > 0 && average! <= 10 / 0.019, String(average));
    speed.begin();
    speed.end(null);
    assert.equal(speed.average, average, 'one that was found does not count');
  });

  it('is that of the last five segments', () => {
    const speed = new SpeedOf();
    for (let i = 0; i < 20; i++) {
      speed.begin();
      for (const end = performance.now() + 1; performance.now() < end;);
      speed.end(i < 15 ? 1e9 : 1);
    }
    assert.ok(speed.average! < 1e6);
  });
});
