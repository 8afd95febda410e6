import { Convoy, type Rider } from './crossCameraBatch';

/** One of several who share something that serves one at a time, or several of one kind together. */
export interface Sharer {
  /** Waits for its turn. */
  turn(signal: AbortSignal, wish?: Wish): Promise<Turn>;
  leave(): void;
}

/** With whom a turn may be shared. */
export interface Wish {
  /** With those of the same kind; null: with nobody. */
  readonly kind: string | null;
  /** How many are worth going together. */
  readonly most: number;
  /** Milliseconds it will take alone. */
  readonly cost: number;
  /** Milliseconds that all who go together may take. */
  readonly limit: number;
}

export interface Turn {
  readonly rider: Rider;
  /** How many share it. */
  readonly size: number;
  /** Milliseconds that all of them would take one after the other: at most so long is the turn. */
  readonly expected: number;
  /** Gives the turn back, with what it cost in milliseconds. */
  done(cost: number): void;
}

/** Milliseconds of work granted in each round. */
const QUANTUM = 20;
/** Milliseconds that may be saved up: who waited long must not hold everybody up afterwards. */
const MOST = 100;
const ALONE: Wish = { kind: null, most: 1, cost: 0, limit: 0 };

interface Seat {
  /** Milliseconds it may still use; below 0: it has used more than its share. */
  deficit: number;
  /** Null: it does not wait for a turn. */
  waits: { readonly wish: Wish; readonly enter: (convoy: Convoy, expected: number) => void } | null;
}

/**
 * Deficit round robin: everybody gets the same time, whatever a single turn costs. Costs are known afterwards, so a turn is
 * given to the first in the circle whose deficit is above 0, and what it cost is taken off. Others of its kind who wait and have
 * time left come along.
 */
export class Turns {
  readonly #circle: Seat[] = [];
  /** Who has the turn. */
  #busy = 0;

  /** How many there are. */
  get size(): number {
    return this.#circle.length;
  }

  join(): Sharer {
    const seat: Seat = { deficit: 0, waits: null };
    this.#circle.push(seat);
    return {
      turn: async (signal, wish = ALONE) => {
        const [convoy, expected] = await this.#wait(seat, wish, signal);
        const rider = convoy.board();
        return {
          rider,
          size: convoy.size,
          expected,
          done: (cost) => {
            rider.leave();
            seat.deficit -= cost;
            this.#busy--;
            setImmediate(() => this.#next()); // whoever gives a turn back may want the next, and is to be among the others
          },
        };
      },
      leave: () => void this.#circle.splice(this.#circle.indexOf(seat), 1),
    };
  }

  #wait(seat: Seat, wish: Wish, signal: AbortSignal): Promise<[Convoy, number]> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        seat.waits = null;
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
      const enter = (convoy: Convoy, expected: number): void => {
        signal.removeEventListener('abort', stop);
        seat.waits = null;
        resolve([convoy, expected]);
      };
      seat.waits = { wish, enter };
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy > 0) return;
    const waiting = this.#circle.filter(({ waits }) => waits !== null);
    if (waiting.length === 0) return;
    // As many whole rounds as the best placed of them needs, at once.
    const best = Math.max(...waiting.map(({ deficit }) => deficit));
    const rounds = best > 0 ? 0 : Math.floor(-best / QUANTUM) + 1;
    for (const seat of this.#circle) seat.deficit = Math.min(MOST, seat.deficit + rounds * QUANTUM);
    const entitled = waiting.filter(({ deficit }) => deficit > 0);
    const group = together(entitled);
    const expected = group.reduce((sum, { waits }) => sum + waits!.wish.cost, 0);
    // Their next turn comes after the others'.
    for (const seat of group) this.#circle.push(...this.#circle.splice(this.#circle.indexOf(seat), 1));
    this.#busy = group.length;
    const convoy = new Convoy(group.length);
    for (const { waits } of group) waits!.enter(convoy, expected);
  }
}

/** The first of those who may have a turn, and whoever may come along. */
function together([first, ...others]: readonly Seat[]): readonly Seat[] {
  const group = [first!];
  const { kind } = first!.waits!.wish;
  for (const seat of kind === null ? [] : others) {
    const wishes = [...group, seat].map(({ waits }) => waits!.wish);
    const cost = wishes.reduce((sum, wish) => sum + wish.cost, 0);
    const isFit = wishes.every((wish) => wish.kind === kind && wish.most >= wishes.length && wish.limit >= cost);
    if (isFit) group.push(seat);
  }
  return group;
}
