import assert from 'node:assert/strict';
import { RequestClient } from '../../../src/engine/client/requestClient';
import type { Supervisor } from '../../../src/engine/client/supervisor';
import type { Request } from '../../../src/engine/protocol';
import { RemasterError } from '../../../src/errors';

const CRASH = new RemasterError('ENGINE_CRASHED', 'The engine process exited unexpectedly (SIGKILL).');

describe('requestClient', () => {
  let sent: Request[];
  let isUp: boolean;
  /** A process is about to start. */
  let isHeld: boolean;
  let client: RequestClient;

  beforeEach(() => {
    [sent, isUp, isHeld] = [[], true, false];
    const engine = {
      send(request: Request) {
        if (!isHeld) sent.push(request);
        return !isHeld;
      },
      resetBackOff: () => {},
      updateRef: () => {},
      get isUp() {
        return isUp;
      },
    };
    client = new RequestClient(engine as unknown as Supervisor);
  });

  const ask = (signal?: AbortSignal): Promise<unknown> => client.ask('discard', { output: '/out.mp4' }, signal);
  const lastId = (): string => (sent.at(-1) as { readonly id: string }).id;

  it('settles with the answer to its own request', async () => {
    const first = ask();
    const firstId = lastId();
    const second = ask();
    assert.deepEqual([client.size, client.has(firstId), client.has('another')], [2, true, false]);
    client.receive({ type: 'failed', id: lastId(), error: { code: 'DISK_FULL', message: 'full' } as never });
    await assert.rejects(second, { code: 'DISK_FULL' });
    client.receive({ type: 'answer', id: firstId, result: null });
    assert.equal(await first, null);
    client.receive({ type: 'answer', id: firstId, result: null });
    assert.deepEqual([client.size, sent.length], [0, 2]);
  });

  it('aborting rejects at once and stops the work', async () => {
    const stop = new AbortController();
    const asked = ask(stop.signal);
    const id = lastId();
    stop.abort(new Error('enough'));
    await assert.rejects(asked, /enough/);
    assert.deepEqual([sent.at(-1), client.size], [{ type: 'stop', id, keep: false }, 0]);
    await assert.rejects(ask(stop.signal), /enough/);
    assert.equal(sent.length, 2);
  });

  it('aborting while no process runs only forgets the request', async () => {
    const stop = new AbortController();
    const asked = ask(stop.signal);
    isUp = false;
    stop.abort(new Error('enough'));
    await assert.rejects(asked, /enough/);
    assert.deepEqual([sent.length, client.size], [1, 0]);
  });

  it('a crash does not fail a request that waits for the next process', async () => {
    const lost = ask();
    isHeld = true;
    const waiting = ask();
    client.onCrash(CRASH);
    await assert.rejects(lost, CRASH);
    isHeld = false;
    client.resend();
    client.receive({ type: 'answer', id: lastId(), result: null });
    assert.deepEqual([await waiting, sent.length], [null, 2]);
    const again = ask();
    client.onCrash(CRASH);
    await assert.rejects(again, CRASH);
  });

  it('a crash fails the requests that were sent; later ones are sent to the next process', async () => {
    const lost = ask();
    client.onCrash(CRASH);
    await assert.rejects(lost, CRASH);
    const next = ask();
    const id = lastId();
    sent = [];
    client.resend();
    assert.deepEqual([sent.length, lastId()], [1, id]);
    client.receive({ type: 'answer', id, result: 7 });
    assert.equal(await next, 7);
  });
});
