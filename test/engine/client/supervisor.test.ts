import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkReply } from '../../../src/engine/client/engineProcess';
import { RestartTimer } from '../../../src/engine/client/restartTimer';
import { Supervisor } from '../../../src/engine/client/supervisor';
import { runningEngines } from '../../support/processes';

/** Counts the crashes in a row of each start, and starts at once. */
class CountingTimer extends RestartTimer {
  readonly inARow: number[] = [];
  #crashes = 0;

  override start(isCrash: boolean, restart: () => void): void {
    this.inARow.push(isCrash ? ++this.#crashes : 0);
    super.start(false, restart);
  }

  override reset(): void {
    this.#crashes = 0;
    super.reset();
  }
}

describe('supervisor', () => {
  let timer: CountingTimer;
  let events: string[];
  let hasWork: boolean;
  /** Called once, when the process has just exited. */
  let onGone: (() => void) | null;
  let supervisor: Supervisor;

  beforeEach(() => {
    [events, hasWork, onGone] = [[], true, null];
    const owner = {
      hasWork: () => {
        if (!supervisor.isUp && onGone) queueMicrotask(onGone);
        if (!supervisor.isUp) onGone = null;
        return hasWork;
      },
      onReply: ({ type }: WorkReply) => void events.push(type),
      onCrash: ({ code, message }: { code: string; message: string }) =>
        void events.push(`${code} ${/\((.*)\)/.exec(message)?.[1]}`),
      onRestart: () => void events.push('restart'),
    };
    supervisor = new Supervisor(owner, 60_000, (timer = new CountingTimer()));
  });
  afterEach(async () => {
    await supervisor.close();
    assert.deepEqual(await runningEngines(), []);
  });

  const send = (): boolean => supervisor.send({ type: 'ask', id: 'a', what: 'probe', args: { input: '/none' } });
  /** Waits up to ten seconds for the first event, then a moment for others. */
  async function happened(): Promise<string[]> {
    for (let i = 0; i < 200 && events.length === 0; i++) await sleep(50);
    await sleep(100);
    return events.splice(0);
  }

  it('starts a process with the first request and passes replies on', async () => {
    assert.equal(supervisor.pid, null);
    send();
    assert.notEqual(supervisor.pid, null);
    assert.deepEqual(await happened(), ['failed']);
  });

  it('after a crash reports it and restarts the work', async () => {
    send();
    await happened();
    supervisor.kill();
    assert.deepEqual(await happened(), ['ENGINE_CRASHED SIGKILL', 'restart']);
    assert.equal(supervisor.pid, null);
  });

  it('counts the crashes in a row for the delay of the restart, until work was done in between', async () => {
    const crashed = async (): Promise<void> => {
      send();
      await happened();
      supervisor.kill();
      while (!events.includes('restart')) await sleep(10);
      events = [];
    };
    await crashed();
    await crashed();
    supervisor.resetBackOff();
    await crashed();
    assert.deepEqual(timer.inARow, [1, 2, 1]);
  });

  it('holds back requests until it has cleaned up and restarted', async () => {
    send();
    await happened();
    const pids: (number | null)[] = [];
    onGone = () => {
      send();
      pids.push(supervisor.pid);
    };
    supervisor.kill();
    assert.deepEqual(await happened(), ['ENGINE_CRASHED SIGKILL', 'restart']);
    assert.deepEqual([pids, supervisor.pid], [[null], null]);
  });

  it('without work nothing is reported or restarted, and the next request starts a process', async () => {
    send();
    await happened();
    hasWork = false;
    supervisor.kill();
    while (supervisor.isUp) await sleep(10);
    await sleep(300);
    assert.deepEqual(events, []);
    hasWork = true;
    send();
    assert.deepEqual(await happened(), ['failed']);
  });

  it('an engine that exits while it is idle is no crash, but its new work is sent', async () => {
    supervisor.setIdleTimeout(0.1);
    send();
    while (supervisor.isUp) await sleep(10);
    assert.deepEqual(await happened(), ['failed', 'restart']);
    // Nor does it delay the restart after the first crash.
    supervisor.setIdleTimeout(60);
    send();
    await happened();
    supervisor.kill();
    while (!events.includes('restart')) await sleep(10);
    assert.deepEqual(timer.inARow, [0, 1]);
  });
});
