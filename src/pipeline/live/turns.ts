/** One of several who share something that serves one at a time. */
export interface Sharer {
  /** Waits for its turn. The turn is given back by calling the result, with what it cost in milliseconds. */
  turn(signal: AbortSignal): Promise<(cost: number) => void>;
  leave(): void;
}

/** Milliseconds of work granted in each round. */
const QUANTUM = 20;
/** Milliseconds that may be saved up: who waited long must not hold everybody up afterwards. */
const MOST = 100;

interface Seat {
  /** Milliseconds it may still use; below 0: it has used more than its share. */
  deficit: number;
  enter: (() => void) | null;
}

/**
 * Deficit round robin: everybody gets the same time, whatever a single turn costs. Costs are known afterwards, so a turn is
 * given to the first in the circle whose deficit is above 0, and what it cost is taken off.
 */
export class Turns {
  readonly #circle: Seat[] = [];
  #isBusy = false;

  join(): Sharer {
    const seat: Seat = { deficit: 0, enter: null };
    this.#circle.push(seat);
    return {
      turn: async (signal) => {
        await this.#wait(seat, signal);
        return (cost) => {
          seat.deficit -= cost;
          this.#isBusy = false;
          setImmediate(() => this.#next()); // whoever gives a turn back may want the next, and is to be among the others
        };
      },
      leave: () => void this.#circle.splice(this.#circle.indexOf(seat), 1),
    };
  }

  #wait(seat: Seat, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        seat.enter = null;
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
      seat.enter = () => {
        signal.removeEventListener('abort', stop);
        seat.enter = null;
        resolve();
      };
      this.#next();
    });
  }

  #next(): void {
    if (this.#isBusy) return;
    const waiting = this.#circle.filter(({ enter }) => enter !== null);
    if (waiting.length === 0) return;
    // As many whole rounds as the best placed of them needs, at once.
    const best = Math.max(...waiting.map(({ deficit }) => deficit));
    const rounds = best > 0 ? 0 : Math.floor(-best / QUANTUM) + 1;
    for (const seat of this.#circle) seat.deficit = Math.min(MOST, seat.deficit + rounds * QUANTUM);
    const chosen = waiting.find(({ deficit }) => deficit > 0)!;
    this.#circle.push(...this.#circle.splice(this.#circle.indexOf(chosen), 1)); // its next turn comes after the others'
    this.#isBusy = true;
    chosen.enter!();
  }
}
