import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackpressureWindow } from '../../src/async/backpressure';

describe('backpressure', () => {
  const waits = async (window: BackpressureWindow): Promise<boolean> =>
    Promise.race([window.room().then(() => false), sleep(5, true)]);

  it('has room while fewer items than its size are held', async () => {
    const window = new BackpressureWindow(2);
    window.hold();
    assert.equal(await waits(window), false);
    window.hold();
    assert.equal(window.alive, 2);
    assert.equal(await waits(window), true);
    window.release(2);
    assert.equal(await waits(window), false);
  });

  it('lets its source go on when an item is released, or when it becomes larger', async () => {
    const window = new BackpressureWindow(1);
    for (const make of [() => window.release(), () => window.resize(2)]) {
      window.hold();
      const room = window.room();
      make();
      await room;
    }
  });

  it('is not woken for nothing', async () => {
    const window = new BackpressureWindow(1);
    window.hold(2);
    const room = window.room().then(() => 'room');
    window.release();
    assert.equal(await Promise.race([room, sleep(5, 'waits')]), 'waits');
    window.release();
    assert.equal(await room, 'room');
  });
});
