/**
 * Hands items to one reader, one at a time. The writer waits until the reader asks for the next item, so an item that was
 * put is done with. When the reader stops early, waiting and later `put` calls never settle: race them with its result.
 */
export class Handoff<T> implements AsyncIterable<T> {
  #item: { readonly value: T } | null = null;
  #isEnded = false;
  #wake = (): void => {};
  #asked: () => void = () => {};
  /** Resolves when the reader asks for the first item. */
  readonly ready = new Promise<void>((resolve) => (this.#asked = resolve));

  /** Resolves when the reader asks for the next item. One call at a time. */
  put(value: T): Promise<void> {
    const asked = new Promise<void>((resolve) => (this.#asked = resolve));
    this.#item = { value };
    this.#wake();
    return asked;
  }

  /** There are no more items. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      this.#asked();
      while (!this.#item && !this.#isEnded) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (!this.#item) return;
      const { value } = this.#item;
      this.#item = null;
      yield value;
    }
  }
}
