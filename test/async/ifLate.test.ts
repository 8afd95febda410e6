import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../../src/async/deferred';
import { ifLate } from '../../src/async/ifLate';

describe('ifLate', () => {
  it('acts once on work that is late, and still waits for it', async () => {
    const { promise, resolve } = deferred<number>();
    let acts = 0;
    const waiting = ifLate(promise, 10, () => {
      acts++;
      setTimeout(() => resolve(7), 30);
    });
    assert.equal(await waiting, 7);
    assert.equal(acts, 1);
  });

  it('does not act on work that ends in time, well or badly', async () => {
    const fail = (): never => assert.fail('acted');
    assert.equal(await ifLate(Promise.resolve(7), 10, fail), 7);
    await assert.rejects(ifLate(Promise.reject(new Error('it failed')), 10, fail), /it failed/);
    await sleep(30);
  });
});
