import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { from, lastValueFrom, Subject, take, toArray } from 'rxjs';
import { BackpressureWindow } from '../../../src/async/backpressure';
import { latest } from '../../../src/pipeline/operators/latest';
import { mapInOrder } from '../../../src/pipeline/operators/mapInOrder';
import { all } from '../../support/frames';

const window = (): BackpressureWindow => new BackpressureWindow(1);

describe('latest', () => {
  it('offers one item at a time; newer items replace it until it is taken', async () => {
    const source = new Subject<number>();
    const room = window();
    const replaced: number[] = [];
    let release = (): void => {};
    const taken$ = source.pipe(
      latest(room, (item) => replaced.push(item)),
      mapInOrder(room, async (newest) => {
        await new Promise<void>((resolve) => (release = resolve)); // e.g. for a slot
        return newest.take();
      }),
      toArray(),
    );
    const taken = lastValueFrom(taken$);
    await sleep(1);
    source.next(1);
    await sleep(1);
    source.next(2); // while 1 is offered but not taken
    release();
    await sleep(1);
    source.next(3);
    await sleep(1);
    release();
    source.next(4); // before 3 is taken
    source.complete(); // the last item is taken all the same
    await sleep(1);
    release();
    assert.deepEqual(
      [await taken, replaced],
      [
        [2, 4],
        [1, 3],
      ],
    );
  });

  it('takes everything from a source that is slower than the work', async () => {
    const room = window();
    async function* slow(): AsyncGenerator<number> {
      for (let n = 0; n < 5; n++) {
        await sleep(1);
        yield n;
      }
    }
    const taken = all(
      from(slow()).pipe(
        latest(room, (item) => assert.fail(`${item} was replaced`)),
        mapInOrder(room, async (newest) => newest.take()),
      ),
    );
    assert.deepEqual(await taken, [0, 1, 2, 3, 4]);
  });

  it('an empty source completes; an error ends it at once', async () => {
    const room = window();
    const source = new Subject<number>();
    const result = all(source.pipe(latest(room, () => {})));
    source.complete();
    assert.deepEqual(await result, []);
    const failing = new Subject<number>();
    const failed = all(failing.pipe(latest(room, () => {})));
    failing.error(new Error('the camera is gone'));
    await assert.rejects(failed, /the camera is gone/);
  });

  it('unsubscribing leaves the source', async () => {
    const room = window();
    const source = new Subject<number>();
    const one = all(
      source.pipe(
        latest(room, () => {}),
        mapInOrder(room, async (newest) => newest.take()),
        take(1),
      ),
    );
    await sleep(1);
    source.next(7);
    assert.deepEqual(await one, [7]);
    assert.equal(source.observed, false);
  });
});
