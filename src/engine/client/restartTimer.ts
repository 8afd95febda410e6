/** Delays before the second, third, … start in a row that crashed. */
const BACK_OFF_MS = [0, 1000, 2000, 5000, 15_000];

/** Restarts a process, later after each crash in a row. */
export class RestartTimer {
  #isPending = false;
  #crashes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** True from `hold` to the restart. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** A restart is coming. */
  hold(): void {
    this.#isPending = true;
  }

  /** After an exit that was no crash, without delay. */
  start(isCrash: boolean, restart: () => void): void {
    const delay = isCrash ? BACK_OFF_MS[Math.min(this.#crashes++, BACK_OFF_MS.length - 1)]! : 0;
    this.#timer = setTimeout(() => {
      this.#isPending = false;
      restart();
    }, delay);
  }

  /** Whether it keeps the event loop of this process alive. */
  keepAlive(isKept: boolean): void {
    this.#timer?.[isKept ? 'ref' : 'unref']();
  }

  /** The process has done work: its next crash is the first in a row. */
  reset(): void {
    this.#crashes = 0;
  }
}
