import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { concat, concatMap, from, lastValueFrom, of, tap, throwError, toArray } from 'rxjs';
import { errorLast } from '../../../src/pipeline/operators/errorLast';

describe('errorLast', () => {
  const slowly = errorLast(
    concatMap(async (item: number) => {
      await sleep(5);
      return 10 * item;
    }),
  );

  it('what came before an error is worked on first', async () => {
    const seen: number[] = [];
    const failing$ = concat(
      from([1, 2, 3]),
      throwError(() => new Error('mine')),
    );
    await assert.rejects(
      lastValueFrom(
        failing$.pipe(
          slowly,
          tap((item) => seen.push(item)),
        ),
      ),
      /^Error: mine$/,
    );
    assert.deepEqual(seen, [10, 20, 30]);
  });

  it('an error of the work ends it', async () => {
    const failing = errorLast(
      concatMap(async (item: number) => {
        if (item === 2) throw new Error('of the work');
        return item;
      }),
    );
    await assert.rejects(lastValueFrom(from([1, 2, 3]).pipe(failing)), /^Error: of the work$/);
  });

  it('each subscriber has its own', async () => {
    const frames$ = of(1, 2).pipe(slowly, toArray());
    assert.deepEqual(
      [await lastValueFrom(frames$), await lastValueFrom(frames$)],
      [
        [10, 20],
        [10, 20],
      ],
    );
  });
});
