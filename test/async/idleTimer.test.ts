import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { IdleTimer } from '../../src/async/idleTimer';

describe('idleTimer', () => {
  let calls: number;
  let timer: IdleTimer;
  beforeEach(() => {
    calls = 0;
    timer = new IdleTimer(() => calls++);
  });
  afterEach(() => timer.stop());

  it('calls once, after the last restart', async () => {
    timer.restart(1);
    timer.restart(1);
    timer.restart(20);
    await sleep(60);
    assert.equal(calls, 1);
  });

  it('a restart takes the place of the timer that runs', async () => {
    timer.restart(1);
    timer.restart(60_000);
    await sleep(30);
    assert.equal(calls, 0);
  });

  it('does not call when it was stopped', async () => {
    timer.restart(1);
    timer.stop();
    await sleep(30);
    assert.equal(calls, 0);
  });
});
