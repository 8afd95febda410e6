import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Handoff } from '../../src/async/handoff';

describe('handoff', () => {
  it('gives every item in order; the writer waits until the reader asks for the next', async () => {
    const handoff = new Handoff<number>();
    const log: string[] = [];
    const writing = (async () => {
      await handoff.ready;
      for (const item of [1, 2]) {
        await handoff.put(item);
        log.push(`${item} is done with`);
      }
      handoff.end();
    })();
    for await (const item of handoff) {
      log.push(`read ${item}`);
      await nextTurn();
      log.push(`used ${item}`);
    }
    await writing;
    assert.deepEqual(log, ['read 1', 'used 1', '1 is done with', 'read 2', 'used 2', '2 is done with']);
  });

  it('is ready when the reader asks', async () => {
    const handoff = new Handoff<number>();
    let isReady = false;
    void handoff.ready.then(() => (isReady = true));
    await nextTurn();
    assert.equal(isReady, false);
    const reading = handoff[Symbol.asyncIterator]().next();
    await handoff.ready;
    handoff.end();
    assert.deepEqual(await reading, { done: true, value: undefined });
  });

  it('an end before the first item is an empty sequence; the item before an end is read', async () => {
    for (const items of [[], [7]]) {
      const handoff = new Handoff<number>();
      for (const item of items) void handoff.put(item);
      handoff.end();
      const read: number[] = [];
      for await (const item of handoff) read.push(item);
      assert.deepEqual(read, items);
    }
  });
});
