import { Observable } from 'rxjs';

/** How many items may be alive between a source and its sink. */
export class Window {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly size: number) {
    this.#free = size;
  }

  /** Items now alive. */
  get alive(): number {
    return this.size - this.#free;
  }

  /** Waits for room. */
  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Makes room again: one call for every item that has left. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

/**
 * Pulls the next item only when the window has room; whoever consumes the last stage calls `window.leave()`.
 * Unsubscribing ends the source.
 *
 * RxJS pushes and cannot be asked to wait: `from(asyncIterable)` reads as fast as the source allows and
 * `concatMap` queues without limit. The window bounds what those queues can hold.
 */
export function paced<T>(source: AsyncIterable<T>, window: Window): Observable<T> {
  return new Observable<T>((subscriber) => {
    const items = source[Symbol.asyncIterator]();
    const pump = async (): Promise<void> => {
      while (!subscriber.closed) {
        await window.enter();
        const { done, value } = await items.next();
        if (done) {
          window.leave();
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
