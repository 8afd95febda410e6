import { concat, connect, mergeMap, of, type OperatorFunction, take } from 'rxjs';

/**
 * An operator that is made when the first item is known. Without an item there is no operator.
 *
 *     source  a b c|
 *     make    a
 *     result  A B C|
 */
export const fromFirst = <T, R>(make: (first: T) => OperatorFunction<T, R>): OperatorFunction<T, R> =>
  connect((shared$) =>
    shared$.pipe(
      take(1),
      mergeMap((first) => concat(of(first), shared$).pipe(make(first))),
    ),
  );
