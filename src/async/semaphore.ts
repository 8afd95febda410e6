/** Semaphore with `permits` permits. Waiters acquire in the order they arrive, urgent ones before the others. */
export class Semaphore {
  #free: number;
  readonly #waiting: { readonly enter: () => void; readonly isUrgent: boolean }[] = [];

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Returns a function that releases the permit. Rejects with the signal's reason if it aborts while waiting. */
  async acquire(signal: AbortSignal, isUrgent = false): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal, isUrgent);
    return () => this.#release();
  }

  #wait(signal: AbortSignal, isUrgent: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const waiter = { enter, isUrgent };
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any value can be a reason
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
      const firstNormal = isUrgent ? this.#waiting.findIndex((other) => !other.isUrgent) : -1;
      this.#waiting.splice(firstNormal < 0 ? this.#waiting.length : firstNormal, 0, waiter);
    });
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next.enter();
    else this.#free++;
  }
}
