/** Who goes when one more comes than there is room for: who has waited longest, or who has just come. */
export const OVERFLOW_POLICIES = ['oldest', 'newest', 'error'] as const;
export type OverflowPolicy = (typeof OVERFLOW_POLICIES)[number];

/** Messages that wait for their turn: never more than `room`. */
export class BoundedQueue<T> {
  readonly #waiting: T[] = [];

  constructor(
    private readonly room: number,
    private readonly whenFull: OverflowPolicy,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  /** Lets one in. Answers with the one that had to go for it, perhaps itself; null when there was room. */
  push(one: T): T | null {
    if (this.#waiting.length < this.room) {
      this.#waiting.push(one);
      return null;
    }
    if (this.whenFull !== 'oldest' || this.room === 0) return one;
    this.#waiting.push(one);
    return this.#waiting.shift()!;
  }

  /** Whose turn it is. */
  shift(): T | undefined {
    return this.#waiting.shift();
  }

  /** Everybody out, in the order they came. */
  drain(): T[] {
    return this.#waiting.splice(0);
  }
}
