import assert from 'node:assert/strict';
import { deferred } from '../../../src/async/deferred';
import { FragmentStream } from '../../../src/engine/client/fragmentStream';
import type { LiveRequest } from '../../../src/engine/liveProtocol';
import type { Mp4Part } from '../../../src/pipeline/media/mp4Boxes';
import { notingChannel } from './channel';

const fragment = { data: new Uint8Array([1, 2, 3]).subarray(1) } as unknown as Mp4Part;
const RELEASE: LiveRequest = { what: 'releaseFragment' };
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('fragmentStream', () => {
  it('passes a fragment as a Buffer, and releases it when the consumer has taken it or failed', async () => {
    const channel = notingChannel();
    const taken = [deferred<void>(), deferred<void>()];
    const passed: (Mp4Part | null)[] = [];
    const stream = new FragmentStream((part) => taken[passed.push(part) - 1]?.promise, channel);
    stream.pass(fragment);
    stream.pass(fragment);
    await soon();
    assert.ok(Buffer.isBuffer(passed[0]!.data));
    assert.deepEqual([...passed[0]!.data], [2, 3]);
    assert.deepEqual(channel.take(), []);
    taken[0]!.resolve();
    taken[1]!.reject(new Error('the connection is closed'));
    await soon();
    assert.deepEqual(channel.take(), [RELEASE, RELEASE]);
    channel.isUp = false;
    stream.pass(null);
    await soon();
    assert.deepEqual(channel.take(), [], 'no process waits for it');
  });

  it('does not release to the next process what the last one has sent', async () => {
    const channel = notingChannel();
    const taken = deferred<void>();
    const stream = new FragmentStream((part) => (part ? taken.promise : undefined), channel);
    stream.pass(fragment);
    stream.end();
    stream.pass(fragment);
    taken.resolve();
    await soon();
    assert.deepEqual(channel.take(), [RELEASE]);
  });

  it('ends a stream that has begun, once', () => {
    const passed: (Mp4Part | null)[] = [];
    const stream = new FragmentStream((part) => void passed.push(part), notingChannel());
    stream.end();
    assert.deepEqual(passed, []);
    stream.pass(fragment);
    stream.end();
    stream.end();
    assert.deepEqual(passed.slice(1), [null]);
    stream.pass(fragment);
    stream.pass(null);
    stream.end();
    assert.deepEqual(passed.slice(3), [null]);
  });
});
