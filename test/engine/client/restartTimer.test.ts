import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { RestartTimer } from '../../../src/engine/client/restartTimer';

describe('restartTimer', () => {
  it('is pending from hold to the restart', async () => {
    const timer = new RestartTimer();
    timer.keepAlive(false);
    assert.equal(timer.isPending, false);
    timer.hold();
    assert.equal(timer.isPending, true);
    await new Promise<void>((resolve) =>
      timer.start(false, () => {
        assert.equal(timer.isPending, false);
        resolve();
      }),
    );
  });

  it('delays the restart after the second crash in a row, not after other exits or a reset', async () => {
    const timer = new RestartTimer();
    /** Whether it restarts within a moment. */
    const restarts = async (isCrash: boolean): Promise<boolean> => {
      let isRestarted = false;
      timer.start(isCrash, () => (isRestarted = true));
      await sleep(100);
      return isRestarted;
    };
    assert.deepEqual([await restarts(true), await restarts(false)], [true, true]);
    assert.equal(await restarts(true), false);
    assert.equal(await restarts(false), true);
    timer.reset();
    assert.equal(await restarts(true), true);
    await sleep(1000); // the delayed one
  });
});
