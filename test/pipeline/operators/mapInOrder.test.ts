import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { from, lastValueFrom, take, throwError } from 'rxjs';
import { BackpressureWindow } from '../../../src/async/backpressure';
import { mapInOrder } from '../../../src/pipeline/operators/mapInOrder';
import { all } from '../../support/frames';

describe('mapInOrder', () => {
  it('works on so many at once, and keeps their order', async () => {
    for (const atOnce of [1, 3]) {
      const window = new BackpressureWindow(99);
      let [running, most] = [0, 0];
      const work = async (n: number): Promise<number> => {
        most = Math.max(most, ++running);
        await sleep(5 - (n % 5));
        running--;
        return 10 * n;
      };
      const numbers = Array.from({ length: 12 }, (_, n) => n);
      const made = await all(from(numbers).pipe(mapInOrder(window, work, { atOnce })));
      assert.deepEqual(made, numbers.map((n) => 10 * n)); // prettier-ignore
      assert.deepEqual([most, window.alive], [atOnce, 0]);
    }
  });

  for (const [name, end] of [
    ['one fails', async (work$: ReturnType<typeof from<number[]>>) => assert.rejects(lastValueFrom(work$))],
    ['the subscriber leaves', async (work$: ReturnType<typeof from<number[]>>) => all(work$.pipe(take(1)))],
  ] as const)
    it(`aborts the work, and begins no other, when ${name}`, async () => {
      const begun: number[] = [];
      const stopped: number[] = [];
      const work = async (n: number, signal: AbortSignal): Promise<number> => {
        begun.push(n);
        if (n === 0) return sleep(5, n);
        if (n === 1 && name === 'one fails') throw new RangeError('broken');
        await sleep(1000, n, { signal }).catch(() => stopped.push(n));
        throw new Error('stopped');
      };
      await end(from([0, 1, 2, 3, 4, 5]).pipe(mapInOrder(new BackpressureWindow(99), work, { atOnce: 3 })));
      await sleep(5);
      if (name === 'one fails') assert.deepEqual(begun, [0, 1, 2]);
      else assert.ok(begun.length <= 4, String(begun)); // one has ended, and its place is taken at once

      assert.deepEqual(stopped.toSorted((a, b) => a - b), begun.filter((n) => n > 1 || (n === 1 && name !== 'one fails'))); // prettier-ignore
    });

  it('aborts with the signal of the caller', async () => {
    const stop = new AbortController();
    const work = (n: number, signal: AbortSignal) => sleep(1000, n, { signal });
    const made = all(from([1]).pipe(mapInOrder(new BackpressureWindow(9), work, { signal: stop.signal })));
    stop.abort(new RangeError('enough'));
    await assert.rejects(made, { name: 'AbortError' });
  });

  it('passes on an error of the source', async () => {
    const source = throwError(() => new RangeError('source'));
    await assert.rejects(all(source.pipe(mapInOrder(new BackpressureWindow(9), async () => 1))), RangeError);
  });
});
