/**
 * Lets `room` in at a time, in the order they came. A pass is given back by calling it. Who is aborted while waiting
 * never enters: the promise rejects with the signal's reason.
 */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(room: number) {
    this.#free = room;
  }

  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    return () => this.#leave();
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever was given as the reason
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#waiting.push(enter);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
