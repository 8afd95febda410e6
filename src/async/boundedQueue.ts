/** Which item is dropped on overflow: `oldest` drops the first in the queue; `newest` and `error` reject the new one. */
export const OVERFLOW_POLICIES = ['oldest', 'newest', 'error'] as const;
export type OverflowPolicy = (typeof OVERFLOW_POLICIES)[number];

/** First-in, first-out queue of at most `capacity` items. */
export class BoundedQueue<T> {
  readonly #waiting: T[] = [];

  constructor(
    private readonly capacity: number,
    private readonly overflow: OverflowPolicy,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  /** Adds an item. Returns the item that was dropped to make room, which may be the new one; null when there was room. */
  push(item: T): T | null {
    if (this.#waiting.length < this.capacity) {
      this.#waiting.push(item);
      return null;
    }
    if (this.overflow !== 'oldest' || this.capacity === 0) return item;
    this.#waiting.push(item);
    return this.#waiting.shift()!;
  }

  /** Removes and returns the oldest item. */
  shift(): T | undefined {
    return this.#waiting.shift();
  }

  /** Removes and returns all items, oldest first. */
  drain(): T[] {
    return this.#waiting.splice(0);
  }
}
