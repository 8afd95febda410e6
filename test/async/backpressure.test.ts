import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { concatMap, from, lastValueFrom, take, tap, toArray } from 'rxjs';
import { BackpressureWindow } from '../../src/async/backpressure';
import { pullFrames } from '../../src/pipeline/operators/pullFrames';

describe('backpressure', () => {
  /** The maximum number of items alive while `pull` reads a source of 60. */
  async function crowd(pull: (source: AsyncIterable<number>, leave: () => void) => Promise<unknown>): Promise<number> {
    let alive = 0;
    let most = 0;
    async function* source() {
      for (let i = 0; i < 60; i++) {
        most = Math.max(most, ++alive);
        yield i;
      }
    }
    await pull(source(), () => void alive--);
    return most;
  }

  it('keeps at most `size` items alive, in order', async () => {
    const window = new BackpressureWindow(3);
    const most = await crowd(async (source, leave) => {
      const slow = pullFrames(source, window).pipe(
        concatMap((i) => sleep(1, i)),
        tap(() => {
          leave();
          window.release();
        }),
        toArray(),
      );
      assert.deepEqual(
        await lastValueFrom(slow),
        Array.from({ length: 60 }, (_, i) => i),
      );
    });
    assert.equal(most, 3);
    assert.equal(window.alive, 0);
  });
  it('RxJS without a window reads the whole source at once', async () => {
    const most = await crowd((source, leave) =>
      lastValueFrom(
        from(source).pipe(
          concatMap((i) => sleep(1, i)),
          tap(leave),
        ),
      ),
    );
    assert.ok(most > 50, `only ${most}`);
  });
  it('an error of the source is an error of the observable', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new RangeError('torn');
    }
    const window = new BackpressureWindow(2);
    await assert.rejects(lastValueFrom(pullFrames(broken(), window).pipe(tap(() => window.release()))), RangeError);
  });
  it('a source that fails when it is ended ends nothing else', async () => {
    const rejections: unknown[] = [];
    const listen = (reason: unknown): void => void rejections.push(reason);
    async function* source(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- a decoder that fails while it is being closed
        throw new Error('closed badly');
      }
    }
    process.on('unhandledRejection', listen);
    try {
      const window = new BackpressureWindow(1);
      assert.equal(await lastValueFrom(pullFrames(source(), window).pipe(take(1))), 0);
      await sleep(20); // when Node.js reports rejections
      assert.deepEqual(rejections, []);
    } finally {
      process.off('unhandledRejection', listen);
    }
  });
  it('unsubscribing ends the source', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        ended = true;
      }
    }
    const window = new BackpressureWindow(2);
    await lastValueFrom(
      pullFrames(endless(), window).pipe(
        tap(() => window.release()),
        take(5),
      ),
    );
    await sleep(5);
    assert.ok(ended);
  });
});
