import assert from 'node:assert/strict';
import { deferred } from '../../src/async/deferred';
import { openUntilAborted } from '../../src/async/openUntilAborted';

describe('openUntilAborted', () => {
  /** Something that opens when its promise is resolved, and counts how often it was closed. */
  function opening() {
    const { promise, resolve, reject } = deferred<AsyncDisposable>();
    let closed = 0;
    const one = { [Symbol.asyncDispose]: async () => void closed++ };
    return { promise, open: () => resolve(one), fail: reject, one, closed: () => closed };
  }
  const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('settles like the opening and leaves the opened one to its caller', async () => {
    const { promise, open, one, closed } = opening();
    open();
    assert.equal(await openUntilAborted(promise, new AbortController().signal), one);
    assert.equal(closed(), 0);
    await assert.rejects(
      openUntilAborted(Promise.reject(new Error('no file')), new AbortController().signal),
      /no file/,
    );
  });

  it('rejects when the signal aborts, and closes what opens later', async () => {
    const { promise, open, closed } = opening();
    const stop = new AbortController();
    const waiting = openUntilAborted(promise, stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    open();
    await soon();
    assert.equal(closed(), 1);
  });

  it('an opening that fails later is no unhandled rejection', async () => {
    const { promise, fail } = opening();
    await assert.rejects(openUntilAborted(promise, AbortSignal.abort(new Error('enough'))), /enough/);
    fail(new Error('too late'));
    await soon();
  });
});
