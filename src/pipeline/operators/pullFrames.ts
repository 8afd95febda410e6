import { Observable } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';

/**
 * The items of a source, each pulled only when the window has room. Unsubscribing ends the source.
 *
 * RxJS has no back-pressure: `from(asyncIterable)` reads as fast as the source allows and `concatMap` queues without
 * limit. The window bounds the length of those queues: stages that keep items hold them in it.
 *
 *     source  a   b   c   d|    pulled on demand
 *     window  1   2   2   2     of size 2
 *     result  a   b       c   d|
 */
export const pullFrames = <T>(source: AsyncIterable<T>, window: BackpressureWindow): Observable<T> =>
  new Observable<T>((subscriber) => {
    const items = source[Symbol.asyncIterator]();
    const pump = async (): Promise<void> => {
      while (!subscriber.closed) {
        await window.room();
        const { done, value } = await items.next();
        if (done) break;
        subscriber.next(value);
      }
      subscriber.complete();
    };
    pump().catch((error: unknown) => subscriber.error(error));
    return () => {
      // Closing the source may fail too; the subscriber has its own reason already, or wants none.
      items.return?.().catch(() => {});
    };
  });
