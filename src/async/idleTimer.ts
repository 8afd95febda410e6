/** Calls `onIdle` once nothing has stopped or restarted it for a while. */
export class IdleTimer {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly onIdle: () => void) {}

  restart(ms: number): void {
    this.stop();
    this.#timer = setTimeout(this.onIdle, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
