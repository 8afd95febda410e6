import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import { VideoQueue } from '../../../nodes/frames/videoQueue';
import type { Input } from '../../../nodes/message/input';
import { RemasterError } from '../../../src/errors';
import { message, type Sent } from '../support/messages';

/** A queue of videos that the test finishes, fails or leaves running. */
function videosOf() {
  const log: string[] = [];
  let settle: { resolve: (count: number) => void; reject: (error: Error) => void };
  const sender = {
    sendAll: ({ msg }: Pick<Input, 'msg'>, signal: AbortSignal) =>
      new Promise<number>((resolve, reject) => {
        log.push(`send ${String(msg.topic)}`);
        settle = { resolve, reject };
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  };
  const videos = new VideoQueue(sender, { final: ({ text }) => log.push(text!) });
  const add = (topic: string): Sent => {
    const input = message({ topic });
    videos.add(input);
    return input;
  };
  return { log, videos, add, finish: (n: number) => settle.resolve(n), fail: (error: Error) => settle.reject(error) };
}

describe('the videos of a video frames node', () => {
  it('are sent one after another, and a failure ends only its own', async () => {
    const { log, add, finish, fail } = videosOf();
    const [a, b] = [add('a'), add('b')];
    await tick();
    finish(7);
    await tick();
    fail(new RemasterError('NO_SIGNAL', ''));
    await tick();
    assert.deepEqual(log, ['send a', '7 sent', 'send b', 'failed: no signal']);
    assert.deepEqual([a.ends, b.ends], [[null], ['NO_SIGNAL']]);
  });

  it('skip ends the current one, stop all', async () => {
    const { log, videos, add } = videosOf();
    const all = ['a', 'b', 'c'].map(add);
    await tick();
    videos.skip();
    await tick();
    assert.deepEqual(log, ['send a', 'stopped', 'send b']);
    videos.stop();
    await tick();
    assert.deepEqual([log.includes('send c'), all.map(({ ends }) => ends)], [false, [[null], [null], [null]]]);
    videos.skip(); // nothing to skip
  });

  it('closing ends every message at once, and settles with the video', async () => {
    const { log, videos, add } = videosOf();
    const all = ['a', 'b'].map(add);
    await tick();
    const closing = videos.close();
    assert.deepEqual(
      all.map(({ ends }) => ends),
      [[null], [null]],
    );
    await closing;
    assert.deepEqual([log, all.map(({ ends }) => ends)], [['send a'], [[null], [null]]]);
  });

  it('a video that ends while the node closes is done once, and shows nothing', async () => {
    const { log, videos, add, finish } = videosOf();
    const a = add('a');
    await tick();
    finish(7);
    await videos.close();
    assert.deepEqual([log, a.ends], [['send a'], [null]]);
  });

  it('refuses more than a thousand', async () => {
    const { videos, add } = videosOf();
    const all = [...Array(1001).keys()].map((n) => add(String(n)));
    assert.deepEqual([all[999]!.ends, all[1000]!.ends], [[], ['IMAGE_DROPPED']]);
    await videos.close();
  });
});
