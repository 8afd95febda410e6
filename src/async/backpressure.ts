/** Bounds the number of items alive between a source and its sink. */
export class BackpressureWindow {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly size: number) {
    this.#free = size;
  }

  /** Number of items alive. */
  get alive(): number {
    return this.size - this.#free;
  }

  /** Waits until fewer than `size` items are alive. */
  async acquire(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Call once for every item that has left the sink. */
  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
