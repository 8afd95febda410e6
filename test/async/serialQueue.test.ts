import assert from 'node:assert/strict';
import { deferred } from '../../src/async/deferred';
import { SerialQueue } from '../../src/async/serialQueue';

describe('serialQueue', () => {
  it('starts work when all earlier work has ended, and returns its result', async () => {
    const queue = new SerialQueue();
    const first = deferred<string>();
    const started: number[] = [];
    const one = queue.run(() => (started.push(1), first.promise));
    const two = queue.run(() => (started.push(2), 'b'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(started, [1]);
    first.resolve('a');
    assert.deepEqual(await Promise.all([one, two]), ['a', 'b']);
    assert.deepEqual(started, [1, 2]);
  });

  it('goes on after work that fails; its caller gets the error', async () => {
    const queue = new SerialQueue();
    const failed = queue.run(() => Promise.reject(new Error('it failed')));
    const thrown = queue.run(() => {
      throw new Error('it threw');
    });
    assert.equal(await queue.run(() => 7), 7);
    await assert.rejects(failed, /it failed/);
    await assert.rejects(thrown, /it threw/);
  });
});
