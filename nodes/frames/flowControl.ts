import { setTimeout as sleep } from 'node:timers/promises';

/** When the next message may leave. */
export interface Leave {
  /** Settles when it may; rejects when `signal` is aborted. */
  take(signal: AbortSignal): Promise<void>;
}

/** At most `most` messages that nobody has asked for anew, or said a word about. */
export class FlowCredits implements Leave {
  #free: number;
  #wake: (() => void) | null = null;

  constructor(private readonly most: number) {
    this.#free = most;
  }

  /** Nobody may send now. */
  get isEmpty(): boolean {
    return this.#free === 0;
  }

  grant(): void {
    this.#free = Math.min(this.most, this.#free + 1);
    this.#wake?.();
  }

  async take(signal: AbortSignal): Promise<void> {
    while (this.#free === 0) {
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => reject(signal.reason as Error);
        if (signal.aborted) return stop();
        signal.addEventListener('abort', stop, { once: true });
        this.#wake = () => {
          signal.removeEventListener('abort', stop);
          resolve();
        };
      }).finally(() => (this.#wake = null));
    }
    this.#free--;
  }
}

/** So many a second, evenly; what comes late moves all that follows. */
export function metronome(perSecond: number): Leave {
  const every = 1000 / perSecond;
  let next = -Infinity;
  return {
    async take(signal) {
      const wait = next - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal });
      next = Math.max(next, performance.now()) + every;
    },
  };
}
