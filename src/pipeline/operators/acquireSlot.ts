import { concatMap, Observable, type OperatorFunction, pipe, tap } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';

/** An item, and the slot in which it may be worked on. Who gets it releases the slot. */
export interface Slotted<T, S> {
  readonly item: T;
  readonly slot: S;
}

/**
 * Waits for a slot for each item. Unsubscribing stops the wait; a slot that was granted too late is released.
 *
 *     source   a     b|
 *     acquire  --s   ----s
 *     result     as      bs|
 */
export const acquireSlot = <T, S extends { release(cost: number): void }>(
  acquire: (signal: AbortSignal) => Promise<S>,
  window: BackpressureWindow,
): OperatorFunction<T, Slotted<T, S>> =>
  pipe(
    tap(() => window.hold()),
    concatMap(
      (item) =>
        new Observable<Slotted<T, S>>((subscriber) => {
          const stop = new AbortController();
          const wait = async (): Promise<void> => {
            const slot = await acquire(stop.signal);
            if (subscriber.closed) return slot.release(0);
            window.release(); // the next stage holds it before the source can wake up
            subscriber.next({ item, slot });
            subscriber.complete();
          };
          wait().catch((error: unknown) => subscriber.error(error));
          return () => stop.abort();
        }),
    ),
  );
