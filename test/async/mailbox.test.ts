import assert from 'node:assert/strict';
import { Mailbox } from '../../src/async/mailbox';

const never = new AbortController().signal;

describe('mailbox', () => {
  it('holds the latest item and reports replaced ones', async () => {
    const lost: number[] = [];
    const place = new Mailbox<number>((old) => lost.push(old));
    for (const n of [1, 2, 3]) place.put(n);
    await place.filled(never);
    assert.deepEqual([place.take(), place.take(), lost], [3, null, [1, 2]]);
  });

  it('waits for an item until the signal aborts', async () => {
    const place = new Mailbox<number>(() => {});
    const waiting = place.filled(never);
    place.put(1);
    await waiting;
    assert.equal(place.take(), 1);
    const stop = new AbortController();
    const vain = place.filled(stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(vain, /enough/);
  });
});
