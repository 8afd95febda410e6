import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '../../src/async/untilAborted';

/** Decides when the next message may be sent. */
export interface SendPermit {
  /** Resolves when a message may be sent; rejects when `signal` is aborted. */
  take(signal: AbortSignal): Promise<void>;
}

/** Allows `max` messages that were neither acknowledged nor followed by a request. */
export class FlowCredits implements SendPermit {
  #free: number;
  #wake = (): void => {};

  constructor(private readonly max: number) {
    this.#free = max;
  }

  get isEmpty(): boolean {
    return this.#free === 0;
  }

  grant(): void {
    this.#free = Math.min(this.max, this.#free + 1);
    this.#wake();
  }

  async take(signal: AbortSignal): Promise<void> {
    while (this.#free === 0) await untilAborted(new Promise<void>((resolve) => (this.#wake = resolve)), signal);
    this.#free--;
  }
}

/** Sends at a fixed rate; a late message delays all that follow. */
export function fixedRate(perSecond: number): SendPermit {
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
