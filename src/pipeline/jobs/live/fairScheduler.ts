import { CrossCameraBatch, type Participant } from './crossCameraBatch';

/** One of several who share something that serves one at a time, or several of one kind together. */
export interface SchedulerClient {
  /** Waits for its turn. */
  acquire(signal: AbortSignal, request?: SlotRequest): Promise<Slot>;
  unregister(): void;
}

/** With whom a turn may be shared. */
export interface SlotRequest {
  /** With those of the same kind; null: with nobody. */
  readonly kind: string | null;
  /** How many are worth going together. */
  readonly most: number;
  /** Milliseconds it will take alone. */
  readonly cost: number;
  /** Milliseconds that all who go together may take. */
  readonly limit: number;
}

export interface Slot {
  readonly participant: Participant;
  /** How many share it. */
  readonly size: number;
  /** Milliseconds that all of them would take one after the other: at most so long is the turn. */
  readonly expected: number;
  /** Gives the turn back, with what it cost in milliseconds. */
  release(cost: number): void;
}

/** Milliseconds of work granted in each round. */
const QUANTUM = 20;
/** Milliseconds that may be saved up: who waited long must not hold everybody up afterwards. */
const MOST = 100;
const ALONE: SlotRequest = { kind: null, most: 1, cost: 0, limit: 0 };

interface ClientState {
  /** Milliseconds it may still use; below 0: it has used more than its share. */
  deficit: number;
  /** Null: it does not wait for a turn. */
  pending: {
    readonly request: SlotRequest;
    readonly grant: (batch: CrossCameraBatch, expected: number) => void;
  } | null;
}

/**
 * Deficit round robin: everybody gets the same time, whatever a single turn costs. Costs are known afterwards, so a turn is
 * given to the first in the circle whose deficit is above 0, and what it cost is taken off. Others of its kind who wait and have
 * time left come along.
 */
export class FairScheduler {
  readonly #clients: ClientState[] = [];
  /** Who has the turn. */
  #busy = 0;

  /** How many there are. */
  get size(): number {
    return this.#clients.length;
  }

  register(): SchedulerClient {
    const client: ClientState = { deficit: 0, pending: null };
    this.#clients.push(client);
    return {
      acquire: async (signal, request = ALONE) => {
        const [batch, expected] = await this.#wait(client, request, signal);
        const participant = batch.join();
        return {
          participant,
          size: batch.size,
          expected,
          release: (cost) => {
            participant.leave();
            client.deficit -= cost;
            this.#busy--;
            setImmediate(() => this.#next()); // whoever gives a turn back may want the next, and is to be among the others
          },
        };
      },
      unregister: () => void this.#clients.splice(this.#clients.indexOf(client), 1),
    };
  }

  #wait(client: ClientState, request: SlotRequest, signal: AbortSignal): Promise<[CrossCameraBatch, number]> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        client.pending = null;
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
      const grant = (batch: CrossCameraBatch, expected: number): void => {
        signal.removeEventListener('abort', stop);
        client.pending = null;
        resolve([batch, expected]);
      };
      client.pending = { request, grant };
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy > 0) return;
    const waiting = this.#clients.filter(({ pending }) => pending !== null);
    if (waiting.length === 0) return;
    // As many whole rounds as the best placed of them needs, at once.
    const best = Math.max(...waiting.map(({ deficit }) => deficit));
    const rounds = best > 0 ? 0 : Math.floor(-best / QUANTUM) + 1;
    for (const client of this.#clients) client.deficit = Math.min(MOST, client.deficit + rounds * QUANTUM);
    const eligible = waiting.filter(({ deficit }) => deficit > 0);
    const group = together(eligible);
    const expected = group.reduce((sum, { pending }) => sum + pending!.request.cost, 0);
    // Their next turn comes after the others'.
    for (const client of group) this.#clients.push(...this.#clients.splice(this.#clients.indexOf(client), 1));
    this.#busy = group.length;
    const batch = new CrossCameraBatch(group.length);
    for (const { pending } of group) pending!.grant(batch, expected);
  }
}

/** The first of those who may have a turn, and whoever may come along. */
function together([first, ...others]: readonly ClientState[]): readonly ClientState[] {
  const group = [first!];
  const { kind } = first!.pending!.request;
  for (const client of kind === null ? [] : others) {
    const requests = [...group, client].map(({ pending }) => pending!.request);
    const cost = requests.reduce((sum, request) => sum + request.cost, 0);
    const isFit = requests.every(
      (request) => request.kind === kind && request.most >= requests.length && request.limit >= cost,
    );
    if (isFit) group.push(client);
  }
  return group;
}
