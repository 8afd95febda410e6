import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../../../src/async/deferred';
import { jpegRequests } from '../../../src/engine/process/jpegRequests';
import type { LiveJpeg } from '../../../src/settings/liveJob';

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('jpegRequests', () => {
  const jpegOf = (index: number): LiveJpeg => ({ index }) as LiveJpeg;

  it('answers one request at a time, once the pipeline is open', async () => {
    const opened = deferred<{ jpeg(newerThan: number): Promise<LiveJpeg> } | null>();
    const sent: number[] = [];
    const request = jpegRequests(opened.promise, ({ index }) => sent.push(index), new AbortController().signal);
    request(3);
    request(9);
    opened.resolve({ jpeg: async (newerThan) => jpegOf(newerThan + 1) });
    await soon();
    assert.deepEqual(sent, [4]);
    request(5);
    await soon();
    assert.deepEqual(sent, [4, 6]);
  });

  it('repeats a request that failed, until the job ends', async () => {
    const stop = new AbortController();
    const sent: number[] = [];
    let attempts = 0;
    const pipeline = {
      async jpeg(newerThan: number): Promise<LiveJpeg> {
        if (++attempts === 2) return jpegOf(newerThan + 1);
        throw new Error('the encoder has exited');
      },
    };
    const request = jpegRequests(Promise.resolve(pipeline), ({ index }) => sent.push(index), stop.signal, 10);
    request(0);
    while (sent.length === 0) await sleep(5);
    assert.deepEqual([sent, attempts], [[1], 2]);
    request(1);
    stop.abort();
    await sleep(50);
    assert.deepEqual([sent, attempts], [[1], 3]);
  });

  it('a job without a pipeline answers none', async () => {
    const request = jpegRequests(Promise.resolve(null), () => assert.fail('sent'), new AbortController().signal, 1);
    request(0);
    await sleep(20);
  });
});
