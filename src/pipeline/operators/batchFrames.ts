import { Observable, type OperatorFunction } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';

/**
 * Groups items into batches. Calls `size` at the start of each batch; the last batch may be smaller. The window needs
 * room for a batch.
 *
 *     source  a b c d e|
 *     size 2  ---ab--cd-e|
 */
export const batchFrames =
  <T>(size: () => number, window: BackpressureWindow): OperatorFunction<T, readonly T[]> =>
  (source) =>
    new Observable((subscriber) => {
      let batch: T[] = [];
      let batchSize = 0;
      const flush = (): void => {
        const full = batch;
        batch = [];
        window.release(full.length);
        subscriber.next(full);
      };
      return source.subscribe({
        next(item) {
          if (batch.length === 0) batchSize = size();
          batch.push(item);
          window.hold();
          if (batch.length === batchSize) flush();
        },
        error: (error: unknown) => subscriber.error(error),
        complete() {
          if (batch.length > 0) flush();
          subscriber.complete();
        },
      });
    });
