import { Observable, type OperatorFunction } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';

/** The newest item of a source that cannot be made to wait. */
export interface Newest<T> {
  /** Takes it; to be called once. Until then, newer items replace it. */
  take(): T;
}

/**
 * Offers the newest item when the window has room. The source never waits: `replaced` gets each item that a newer one has
 * replaced. The next stage must hold what it gets in the window.
 *
 *     source  a b c   d|
 *     room    1     2
 *     result  A     C D|    b was replaced
 */
export const latest =
  <T>(window: BackpressureWindow, replaced: (item: T) => void): OperatorFunction<T, Newest<T>> =>
  (source) =>
    new Observable((subscriber) => {
      let waiting: { readonly item: T } | null = null;
      let isEnded = false;
      let wake = (): void => {};
      const take = (): T => {
        const { item } = waiting!;
        waiting = null;
        return item;
      };
      const pump = async (): Promise<void> => {
        while (!subscriber.closed) {
          await window.room();
          while (!waiting && !isEnded) await new Promise<void>((resolve) => (wake = resolve));
          if (!waiting) break;
          subscriber.next({ take });
        }
        subscriber.complete();
      };
      const end = (): void => {
        isEnded = true;
        wake();
      };
      pump().catch((error: unknown) => subscriber.error(error));
      subscriber.add(
        source.subscribe({
          next(item) {
            const old = waiting;
            waiting = { item };
            if (old) replaced(old.item);
            wake();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: end,
        }),
      );
      return end;
    });
