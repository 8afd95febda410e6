import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import { ImageQueue } from '../../../nodes/image/imageQueue';
import type { DropReason } from '../../../nodes/image/imageRun';
import type { Input } from '../../../nodes/message/input';
import { message, type Sent } from '../support/messages';

/** A queue whose images are finished by the test. */
function queueOf(settings: { queue?: number; full?: 'oldest' | 'newest' | 'error'; maxAge?: number | null } = {}) {
  const log: string[] = [];
  const nameOf = ({ msg }: Input): string => String(msg.topic);
  let finish: (result: string) => void = () => {};
  const queue = new ImageQueue<string>(
    { queue: 2, full: 'oldest', maxAge: null, ...settings },
    {
      upscale: (input, signal) => {
        log.push(`upscale ${nameOf(input)}`);
        return new Promise((resolve, reject) => {
          finish = (result) => (result === 'error' ? reject(new Error(result)) : resolve(result));
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      },
      onResult: (input, result) => log.push(`${result} ${nameOf(input)}`),
      onError: (input) => log.push(`error ${nameOf(input)}`),
      onDrop: (input, why: DropReason) => log.push(`${why} ${nameOf(input)}`),
      onChange: () => {},
    },
  );
  const all: Sent[] = [];
  const add = (...topics: string[]): void => {
    for (const topic of topics) {
      const one = message({ topic });
      all.push(one);
      queue.add(one);
    }
  };
  const end = async (result = 'done'): Promise<void> => {
    finish(result);
    await tick();
  };
  return { queue, log, add, end, ends: () => all.map(({ ends }) => ends) };
}

describe('the queue of images', () => {
  it('has one image in the engine, and results in the order of arrival', async () => {
    const { queue, log, add, end } = queueOf();
    add('a', 'b');
    assert.deepEqual([queue.isServing, queue.length, log], [true, 1, ['upscale a']]);
    await end();
    await end('error');
    assert.deepEqual([queue.isServing, log], [false, ['upscale a', 'done a', 'upscale b', 'error b']]);
  });

  it('drops the oldest that waits, or the newest', async () => {
    for (const [full, dropped] of [
      ['oldest', 'b'],
      ['newest', 'd'],
      ['error', 'd'],
    ] as const) {
      const { log, add } = queueOf({ full });
      add('a', 'b', 'c', 'd');
      assert.deepEqual(log, ['upscale a', `full ${dropped}`]);
    }
  });

  it('drops an image that has waited too long when its turn comes', async () => {
    const { log, add, end } = queueOf({ maxAge: 0 });
    add('a', 'b');
    const start = performance.now();
    while (performance.now() === start); // the clock must tick for the image to grow old
    await end();
    assert.deepEqual(log.at(-1), 'old b');
  });

  it('a stop drops all, and the next image works', async () => {
    const { log, add, queue, end } = queueOf();
    add('a', 'b');
    queue.stop();
    await tick();
    add('c');
    await end();
    assert.deepEqual(log, ['upscale a', 'stopped b', 'stopped a', 'upscale c', 'done c']);
  });

  it('closing ends every message once, without a result or an error', async () => {
    const { log, add, queue, end, ends } = queueOf();
    add('a', 'b', 'c');
    queue.close();
    await end();
    assert.deepEqual([log, ends()], [['upscale a'], [[null], [null], [null]]]);
  });
});
