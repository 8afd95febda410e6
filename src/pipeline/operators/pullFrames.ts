import { Observable } from 'rxjs';
import { BackpressureWindow } from '../../async/backpressure';

/**
 * Pulls the next item only when the window has room; whoever consumes the last stage calls `window.leave()`.
 * Unsubscribing ends the source.
 *
 * RxJS pushes and cannot be asked to wait: `from(asyncIterable)` reads as fast as the source allows and
 * `concatMap` queues without limit. The window bounds what those queues can hold.
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
    return () => void items.return?.();
  });
}
