import assert from 'node:assert/strict';
import { Inbox } from '../../src/async/inbox';

describe('inbox', () => {
  it('returns the items in order, waits for the next, and ends', async () => {
    const inbox = new Inbox<number | null>();
    inbox.push(1, null);
    assert.deepEqual([await inbox.next(), await inbox.next()], [1, null]);
    const waiting = inbox.next();
    inbox.push();
    inbox.push(3);
    assert.equal(await waiting, 3);
    const last = inbox.next();
    inbox.end();
    assert.deepEqual([await last, await inbox.next()], [undefined, undefined]);
  });

  it('returns what came before the end', async () => {
    const inbox = new Inbox<number>();
    inbox.push(1, 2);
    inbox.end();
    assert.deepEqual([await inbox.next(), await inbox.next(), await inbox.next()], [1, 2, undefined]);
  });
});
