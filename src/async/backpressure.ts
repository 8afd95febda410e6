/** How many items may be alive between a source and its sink. */
export class BackpressureWindow {
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
  async acquire(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Makes room again: one call for every item that has left. */
  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
