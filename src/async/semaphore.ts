/**
 * Lets `room` in at a time, in the order they came, those in a hurry before the others. A pass is given back by calling it. Who is aborted while waiting
 * never enters: the promise rejects with the signal's reason.
 */
export class Semaphore {
  #free: number;
  readonly #waiting: { readonly enter: () => void; readonly isUrgent: boolean }[] = [];

  constructor(room: number) {
    this.#free = room;
  }

  async acquire(signal: AbortSignal, isUrgent = false): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal, isUrgent);
    return () => this.#leave();
  }

  #wait(signal: AbortSignal, isUrgent: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const place = { enter, isUrgent };
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever was given as the reason
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
      const others = isUrgent ? this.#waiting.findIndex((one) => !one.isUrgent) : -1;
      this.#waiting.splice(others < 0 ? this.#waiting.length : others, 0, place);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next.enter();
    else this.#free++;
  }
}
