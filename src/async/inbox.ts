/**
 * Items in the order they came; the reader waits for the next one. It has no bound of its own: use it only where its
 * source has one. One reader at a time.
 */
export class Inbox<T> {
  readonly #items: T[] = [];
  #isEnded = false;
  #wake = (): void => {};

  push(...items: readonly T[]): void {
    this.#items.push(...items);
    this.#wake();
  }

  /** No more items come. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** The next item; undefined after the last. */
  async next(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#isEnded) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#items.shift();
  }
}
