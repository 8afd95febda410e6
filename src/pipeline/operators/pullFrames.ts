import { Observable } from 'rxjs';
import { BackpressureWindow } from '../../async/backpressure';

/**
 * Pulls the next item only when the window has room; the last stage calls `window.release()` for each item.
 * Unsubscribing ends the source.
 *
 * RxJS has no back-pressure: `from(asyncIterable)` reads as fast as the source allows and
 * `concatMap` queues without limit. The window bounds the length of those queues.
 */
export function pullFrames<T>(source: AsyncIterable<T>, window: BackpressureWindow): Observable<T> {
  return new Observable<T>((subscriber) => {
    const items = source[Symbol.asyncIterator]();
    const pump = async (): Promise<void> => {
      while (!subscriber.closed) {
        await window.acquire();
        const { done, value } = await items.next();
        if (done) {
          window.release();
          break;
        }
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
}
