import assert from 'node:assert/strict';
import { deferred } from '../../../src/async/deferred';
import { timedFrames } from '../../../src/pipeline/media/timedFrames';

describe('timedFrames', () => {
  /** Frames 0, 1, …; `time(i)` is asked for each. Returns what came, and the most that were read ahead. */
  async function read(count: number, time: (index: number, written: number) => Promise<number | undefined>) {
    let written = 0;
    let most = 0;
    async function* frames(): AsyncGenerator<number> {
      while (written < count) yield written++;
    }
    let index = 0;
    const found: (readonly [number, number | undefined])[] = [];
    for await (const one of timedFrames(frames(), () => time(index++, written))) {
      most = Math.max(most, written - found.length);
      found.push(one);
    }
    return { found, most };
  }

  it('gives each frame its time, and reads none ahead while times are there', async () => {
    const { found, most } = await read(4, async (i) => 10 * i);
    assert.deepEqual([found, most], [[0, 1, 2, 3].map((i) => [i, 10 * i]), 1]);
  });

  it('reads on while ffmpeg writes frames before the time of one', async () => {
    const late = deferred<number>();
    let isAsked = false;
    async function* frames(): AsyncGenerator<number> {
      yield* [0, 1, 2, 3];
      assert.ok(isAsked);
      late.resolve(7); // written behind the last frame
    }
    const found = [];
    const times = [async () => 5, () => ((isAsked = true), late.promise), async () => 8, async () => undefined];
    for await (const one of timedFrames(frames(), () => times.shift()!())) found.push(one);
    assert.deepEqual(found, [
      [0, 5],
      [1, 7],
      [2, 8],
      [3, undefined],
    ]);
  });

  it('ends its source when it is left, and passes an error on', async () => {
    let isLeft = false;
    async function* frames(): AsyncGenerator<number> {
      try {
        yield* [0, 1];
        throw new Error('cut off');
      } finally {
        isLeft = true;
      }
    }
    for await (const _ of timedFrames(frames(), async () => 1)) break;
    assert.ok(isLeft);
    await assert.rejects(async () => {
      for await (const _ of timedFrames(frames(), async () => 1));
    }, /cut off/);
  });
});
