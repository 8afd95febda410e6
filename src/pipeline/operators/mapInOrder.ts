import { concatMap, map, type OperatorFunction, pipe, tap } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';

/**
 * `concatMap` with back-pressure: items wait and are worked on inside the window. `weight`: how many of its items one is.
 *
 *     source  a   b   c|
 *     work    --a --b --c
 *     result    A   B   C|
 */
export function mapInOrder<T, R>(
  window: BackpressureWindow,
  work: (item: T) => Promise<R>,
  weight: (item: T) => number = () => 1,
): OperatorFunction<T, R> {
  return pipe(
    tap((item: T) => window.hold(weight(item))),
    concatMap(async (item) => ({ item, result: await work(item) })),
    map(({ item, result }) => {
      window.release(weight(item)); // the next stage holds it before the source can wake up
      return result;
    }),
  );
}
