/**
 * Bounds the number of items alive between a source and its sink. The source waits for `room`; a stage that keeps an item
 * holds it on arrival, and releases it when it passes it on or is done with it. An item that nothing holds is gone.
 */
export class BackpressureWindow {
  #alive = 0;
  #size: number;
  #wake: (() => void) | null = null;

  constructor(size: number) {
    this.#size = size;
  }

  /** Number of items that a stage holds. */
  get alive(): number {
    return this.#alive;
  }

  /** Waits until fewer items than the size are held. One source waits at a time. */
  async room(): Promise<void> {
    while (this.#alive >= this.#size) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  hold(count = 1): void {
    this.#alive += count;
  }

  release(count = 1): void {
    this.#alive -= count;
    this.#wake?.();
  }

  resize(size: number): void {
    this.#size = size;
    this.#wake?.();
  }
}
