import assert from 'node:assert/strict';
import { Semaphore } from '../../src/async/semaphore';

const never = new AbortController().signal;

describe('A gate', () => {
  it('lets in as many as there is room, and the others in order', async () => {
    const gate = new Semaphore(2);
    const order: number[] = [];
    const leaves = await Promise.all([gate.acquire(never), gate.acquire(never)]);
    const third = gate.acquire(never).then((leave) => (order.push(3), leave));
    const fourth = gate.acquire(never).then((leave) => (order.push(4), leave));
    await Promise.resolve();
    assert.deepEqual(order, []);
    leaves[0]();
    (await third)();
    (await fourth)();
    assert.deepEqual(order, [3, 4]);
  });

  it('lets those in a hurry in before the others, and keeps the order among them', async () => {
    const gate = new Semaphore(1);
    const order: string[] = [];
    const leave = await gate.acquire(never);
    const all = [
      ['file', false],
      ['live', true],
      ['second live', true],
      ['second file', false],
    ] as const;
    const done = all.map(([name, isUrgent]) => gate.acquire(never, isUrgent).then((out) => (order.push(name), out())));
    leave();
    await Promise.all(done);
    assert.deepEqual(order, ['live', 'second live', 'file', 'second file']);
  });

  it('turns away who is aborted while waiting, and nobody else', async () => {
    const gate = new Semaphore(1);
    const leave = await gate.acquire(never);
    const stop = new AbortController();
    const waiting = gate.acquire(stop.signal);
    const next = gate.acquire(never);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    leave();
    (await next)();
    (await gate.acquire(never))();
  });

  it('turns away who comes aborted', async () => {
    await assert.rejects(new Semaphore(1).acquire(AbortSignal.abort(new Error('too late'))), /too late/);
  });
});
