/** Images that wait for a missing one before it counts as lost. */
const MAX_AHEAD = 64;

/** Brings the images of a sequence into order. */
export class ImageOrder<T> {
  /** Images that wait for an earlier one, by index. */
  readonly #ahead = new Map<number, T>();
  #next = 0;

  /** Images taken or lost so far. */
  get position(): number {
    return this.#next;
  }

  /** `index`: null if the image has none; then it follows those that have come. Returns false if it is a duplicate, or late. */
  add(index: number | null, image: T): boolean {
    const position = index ?? this.#next + this.#ahead.size;
    if (position < this.#next || this.#ahead.has(position)) return false;
    this.#ahead.set(position, image);
    return true;
  }

  /** Removes and returns those that are next in order; with `all`, skips missing ones. */
  *take(all: boolean): Generator<T> {
    for (;;) {
      const isLost = all || this.#ahead.size > MAX_AHEAD;
      if (!this.#ahead.has(this.#next) && isLost && this.#ahead.size > 0) this.#next = Math.min(...this.#ahead.keys());
      const image = this.#ahead.get(this.#next);
      if (image === undefined) return;
      this.#ahead.delete(this.#next++);
      yield image;
    }
  }
}
