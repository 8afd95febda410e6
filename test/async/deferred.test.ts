import assert from 'node:assert/strict';
import { deferred } from '../../src/async/deferred';

describe('deferred', () => {
  it('settles once', async () => {
    const one = deferred<number>();
    one.resolve(7);
    one.resolve(8);
    one.reject(new Error('too late'));
    assert.equal(await one.promise, 7);
    const other = deferred<number>();
    other.reject(new Error('it failed'));
    await assert.rejects(other.promise, /it failed/);
  });
});
