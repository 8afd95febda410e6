import { Observable } from 'rxjs';

/**
 * Opens a resource for each subscriber and disposes of it at the end. Completes and fails only when it is disposed of;
 * unsubscribing aborts the signal and disposes of it in the background.
 *
 *     open    --r
 *     use       a b|
 *     result  --a b-|
 */
export const withResource = <R extends AsyncDisposable, T>(
  open: (signal: AbortSignal) => Promise<R>,
  use: (resource: R, signal: AbortSignal) => Observable<T>,
): Observable<T> =>
  new Observable((subscriber) => {
    const stop = new AbortController();
    const { signal } = stop;
    const run = async (): Promise<void> => {
      await using resource = await open(signal);
      await new Promise<void>((resolve, reject) => {
        if (signal.aborted) return resolve();
        const used = use(resource, signal).subscribe({
          next: (item) => subscriber.next(item),
          error: reject,
          complete: resolve,
        });
        signal.addEventListener('abort', () => {
          used.unsubscribe();
          resolve();
        });
      });
    };
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => stop.abort(new Error('unsubscribed'));
  });
