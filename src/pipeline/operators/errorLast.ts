import { catchError, concat, defer, EMPTY, type Observable, type OperatorFunction, throwError } from 'rxjs';

/**
 * Work that takes time on the items of a source: what the source gave before it failed is worked on before the error.
 *
 *     source  a b #
 *     work    --a --b
 *     result    A   B#
 */
export const errorLast =
  <T, R>(work: OperatorFunction<T, R>): OperatorFunction<T, R> =>
  (source) =>
    defer((): Observable<R> => {
      let failure: { readonly error: unknown } | null = null;
      const given$ = source.pipe(
        catchError((error: unknown) => {
          failure = { error };
          return EMPTY;
        }),
      );
      const error$ = defer(() => (failure === null ? EMPTY : throwError(() => failure!.error)));
      return concat(given$.pipe(work), error$);
    });
