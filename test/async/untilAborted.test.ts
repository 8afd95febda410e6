import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { untilAborted } from '../../src/async/untilAborted';

const never = new Promise<never>(() => {});

describe('untilAborted', () => {
  it('settles like the work and leaves no listener', async () => {
    const { signal } = new AbortController();
    assert.equal(await untilAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(untilAborted(Promise.reject(new Error('it failed')), signal), /it failed/);
    assert.equal(await untilAborted(Promise.resolve(8)), 8);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('rejects with the reason of the signal that aborts first', async () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const waiting = untilAborted(never, one.signal, other.signal);
    other.abort(new Error('enough'));
    one.abort(new Error('too late'));
    await assert.rejects(waiting, /enough/);
  });

  it('rejects if a signal has aborted before, also when the work is done', async () => {
    const signal = AbortSignal.abort(new Error('before'));
    await assert.rejects(untilAborted(never, signal), /before/);
    await assert.rejects(untilAborted(Promise.resolve(7), signal), /before/);
  });

  it('work that fails later is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const stop = new AbortController();
      const work = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('later')), 20));
      const waiting = untilAborted(work, stop.signal);
      stop.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
      await new Promise((resolve) => setTimeout(resolve, 40));
      assert.deepEqual(unhandled, []);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
