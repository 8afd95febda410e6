import type { Observable } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';
import { Inbox } from '../../async/inbox';

/**
 * The items of an observable, each when the loop requests it. Leaving the loop unsubscribes.
 *
 *     source  a   b|
 *     loop    --a ---b
 */
export async function* iterate<T extends {}>(source: Observable<T>, window: BackpressureWindow): AsyncGenerator<T> {
  const items = new Inbox<T>();
  let failure: { readonly error: unknown } | null = null;
  const subscription = source.subscribe({
    next(item) {
      window.hold();
      items.push(item);
    },
    error(error: unknown) {
      failure = { error };
      items.end();
    },
    complete: () => items.end(),
  });
  try {
    for (let item = await items.next(); item !== undefined; item = await items.next()) {
      yield item;
      window.release();
    }
    if (failure) throw (failure as { readonly error: unknown }).error;
  } finally {
    subscription.unsubscribe();
  }
}
