import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { concatMap, from, lastValueFrom, take } from 'rxjs';
import { BackpressureWindow } from '../../../src/async/backpressure';
import type { Frame } from '../../../src/pipeline/media/frame';
import { batchFrames } from '../../../src/pipeline/operators/batchFrames';
import { iterate } from '../../../src/pipeline/operators/iterate';
import { limitFrameRate } from '../../../src/pipeline/operators/limitFrameRate';
import { mapInOrder } from '../../../src/pipeline/operators/mapInOrder';
import { pullFrames } from '../../../src/pipeline/operators/pullFrames';
import { reportProgress } from '../../../src/pipeline/operators/reportProgress';
import { tapPreview } from '../../../src/pipeline/operators/tapPreview';
import { upscaleFrames } from '../../../src/pipeline/operators/upscaleFrames';
import { writeFrames } from '../../../src/pipeline/operators/writeFrames';
import { all, frameAt, frames } from '../../support/frames';

const never = new AbortController().signal;

describe('a pipeline of operators', () => {
  /** A source that counts the frames that it has made and that the sink has not written. */
  function counted(count: number) {
    let [alive, most, ended] = [0, 0, false];
    async function* source(): AsyncGenerator<Frame> {
      try {
        for (let pts = 0; pts < count; pts++) {
          most = Math.max(most, ++alive);
          yield frameAt(pts);
        }
      } finally {
        ended = true;
      }
    }
    return {
      source,
      gone: (frameCount = 1) => void (alive -= frameCount),
      get most() {
        return most;
      },
      get ended() {
        return ended;
      },
    };
  }

  it('10,000 frames and a slow sink: never more alive than the window, in order, memory is flat', async () => {
    const items = counted(10_000);
    const window = new BackpressureWindow(12);
    const written: number[] = [];
    const sink = {
      async write({ pts }: Frame) {
        if (pts % 100 === 0) await sleep(1);
        written.push(pts);
        items.gone();
      },
    };
    const [shown, progress]: [number[], number[]] = [[], []];
    const pipeline = pullFrames(items.source(), window).pipe(
      batchFrames(() => 4, window),
      upscaleFrames({ run: async (batch) => [...batch] }, window, never),
      tapPreview((before, after) => shown.push(before.pts, after.pts)),
      writeFrames(sink, window),
      reportProgress({ advance: (count, pts) => progress.push(count, pts) }, () => 0),
    );
    await lastValueFrom(pipeline);
    assert.deepEqual(
      written,
      Array.from({ length: 10_000 }, (_, pts) => pts),
    );
    assert.ok(items.most <= 12 + 1, `${items.most} frames were alive`); // one is pulled while the last one leaves
    assert.ok(items.most >= 8, `stages work at the same time: ${items.most}`);
    assert.deepEqual(shown.slice(0, 4), [3, 3, 7, 7]);
    assert.deepEqual(progress.slice(-2), [4, 9999]);
    assert.equal(window.alive, 0);
  });

  it('RxJS without a window reads the whole source at once', async () => {
    const items = counted(60);
    const work = async (): Promise<void> => {
      await sleep(1);
      items.gone();
    };
    await lastValueFrom(from(items.source()).pipe(concatMap(work)));
    assert.ok(items.most > 50, `only ${items.most}`);
  });

  it('a frame that an operator drops leaves the window', async () => {
    const window = new BackpressureWindow(2);
    const pipeline = pullFrames(frames(1000), window).pipe(
      limitFrameRate({ timeBase: { num: 1, den: 100 } }, 1, () => {}),
      mapInOrder(window, async ({ pts }) => pts),
    );
    assert.equal((await all(pipeline)).length, 11);
    assert.equal(window.alive, 0);
  });

  for (const [what, at] of [
    ['the source', 'source'],
    ['the model', 'model'],
    ['the sink', 'sink'],
  ] as const)
    it(`an error of ${what} ends the whole pipe, and the source`, async () => {
      const items = counted(1000);
      const fail = (where: string, { pts }: Frame): void => {
        if (where === at && pts >= 20) throw new RangeError(where);
      };
      async function* source(): AsyncGenerator<Frame> {
        for await (const frame of items.source()) {
          fail('source', frame);
          yield frame;
        }
      }
      const window = new BackpressureWindow(6);
      const pipeline = pullFrames(source(), window).pipe(
        batchFrames(() => 2, window),
        upscaleFrames(
          {
            run: async (batch) => {
              batch.forEach((frame) => fail('model', frame));
              return [...batch];
            },
          },
          window,
          never,
        ),
        writeFrames({ write: async (frame) => fail('sink', frame) }, window),
      );
      await assert.rejects(lastValueFrom(pipeline), { name: 'RangeError', message: at });
      for (let i = 0; i < 100 && !items.ended; i++) await sleep(1);
      assert.ok(items.ended);
    });

  it('unsubscribing ends the source', async () => {
    const items = counted(Infinity);
    await lastValueFrom(pullFrames(items.source(), new BackpressureWindow(2)).pipe(take(5)));
    await sleep(5);
    assert.ok(items.ended);
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
      assert.equal(await lastValueFrom(pullFrames(source(), new BackpressureWindow(1)).pipe(take(1))), 0);
      await sleep(20); // when Node.js reports rejections
      assert.deepEqual(rejections, []);
    } finally {
      process.off('unhandledRejection', listen);
    }
  });

  it('a loop over it pulls on demand, and ends the source when it is left', async () => {
    const items = counted(1000);
    const window = new BackpressureWindow(1);
    let count = 0;
    for await (const { pts } of iterate(pullFrames(items.source(), window), window)) {
      assert.equal(pts, count++);
      await sleep(1);
      assert.ok(items.most <= count, `${items.most} pulled for ${count}`);
      if (count === 10) break;
    }
    await sleep(5);
    assert.ok(items.ended);
  });

  it('a loop over it throws its error after the items before it', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new RangeError('torn');
    }
    const window = new BackpressureWindow(3);
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const item of iterate(pullFrames(broken(), window), window)) seen.push(item);
    }, RangeError);
    assert.deepEqual(seen, [1]);
  });
});
