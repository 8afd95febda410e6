import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkReply } from '../../../src/engine/client/engineProcess';
import { Supervisor } from '../../../src/engine/client/supervisor';
import { runningEngines } from '../../support/processes';

describe('supervisor', () => {
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
    supervisor = new Supervisor(owner, 60_000);
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

  it('the second crash in a row delays the restart, unless work was done in between', async () => {
    const crashed = async (): Promise<number> => {
      send();
      await happened();
      supervisor.kill();
      const started = performance.now();
      while (!events.includes('restart')) await sleep(10);
      events = [];
      return performance.now() - started;
    };
    assert.ok((await crashed()) < 900);
    assert.ok((await crashed()) > 950);
    supervisor.resetBackOff();
    assert.ok((await crashed()) < 900);
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
    const started = performance.now();
    while (!events.includes('restart')) await sleep(10);
    assert.ok(performance.now() - started < 900);
  });
});
