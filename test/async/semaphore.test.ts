import assert from 'node:assert/strict';
import { Semaphore } from '../../src/async/semaphore';

const never = new AbortController().signal;

describe('semaphore', () => {
  it('grants as many permits as it has, then serves waiters in order', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const releases = await Promise.all([semaphore.acquire(never), semaphore.acquire(never)]);
    const third = semaphore.acquire(never).then((release) => (order.push(3), release));
    const fourth = semaphore.acquire(never).then((release) => (order.push(4), release));
    await Promise.resolve();
    assert.deepEqual(order, []);
    releases[0]();
    (await third)();
    (await fourth)();
    assert.deepEqual(order, [3, 4]);
  });

  it('serves urgent waiters before the others, each group in order', async () => {
    const semaphore = new Semaphore(1);
    const order: string[] = [];
    const release = await semaphore.acquire(never);
    const all = [
      ['file', false],
      ['live', true],
      ['second live', true],
      ['second file', false],
    ] as const;
    const done = all.map(([name, isUrgent]) =>
      semaphore.acquire(never, isUrgent).then((out) => (order.push(name), out())),
    );
    release();
    await Promise.all(done);
    assert.deepEqual(order, ['live', 'second live', 'file', 'second file']);
  });

  it('rejects a waiter that is aborted and keeps the others', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire(never);
    const stop = new AbortController();
    const waiting = semaphore.acquire(stop.signal);
    const next = semaphore.acquire(never);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    release();
    (await next)();
    (await semaphore.acquire(never))();
  });

  it('rejects a signal that is already aborted', async () => {
    await assert.rejects(new Semaphore(1).acquire(AbortSignal.abort(new Error('too late'))), /too late/);
  });
});
