import type { Observable } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';

/**
 * The items of an observable, each when the loop requests it. Leaving the loop unsubscribes.
 *
 *     source  a   b|
 *     loop    --a ---b
 */
export async function* iterate<T>(source: Observable<T>, window: BackpressureWindow): AsyncGenerator<T> {
  const items: T[] = [];
  let ended: { readonly error?: unknown } | null = null;
  let wake = (): void => {};
  const subscription = source.subscribe({
    next(item) {
      window.hold();
      items.push(item);
      wake();
    },
    error(error: unknown) {
      ended = { error };
      wake();
    },
    complete() {
      ended = {};
      wake();
    },
  });
  try {
    for (;;) {
      while (items.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      if (items.length === 0) break;
      yield items.shift()!;
      window.release();
    }
    const { error } = ended as unknown as { readonly error?: unknown };
    if (error !== undefined) throw error;
  } finally {
    subscription.unsubscribe();
  }
}
