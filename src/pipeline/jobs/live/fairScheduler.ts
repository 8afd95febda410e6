// Deficit round-robin over measured milliseconds (Shreedhar & Varghese 1995).
import { CrossCameraBatch, type Participant } from './crossCameraBatch';

/** One user of a resource that serves one client at a time, or several clients of one kind that share a slot. */
export interface SchedulerClient {
  /** Waits for a slot. */
  acquire(signal: AbortSignal, request?: SlotRequest): Promise<Slot>;
  unregister(): void;
}

/** Which clients may share the slot. */
export interface SlotRequest {
  /** Clients of the same kind may share it; null: not shared. */
  readonly kind: string | null;
  /** Largest useful number of clients in one slot. */
  readonly most: number;
  /** Estimated milliseconds without sharing. */
  readonly cost: number;
  /** Milliseconds that a shared slot may take. */
  readonly limit: number;
}

export interface Slot {
  readonly participant: Participant;
  /** Number of clients that share it. */
  readonly size: number;
  /** Sum of the clients' estimates in milliseconds: an upper bound for the slot. */
  readonly expected: number;
  /** Returns the slot, with its measured cost in milliseconds. */
  release(cost: number): void;
}

/** Milliseconds of work granted to each client per round. */
const QUANTUM = 20;
/** Largest deficit in milliseconds: an idle client must not bank time and block the others later. */
const MAX_DEFICIT = 100;
const ALONE: SlotRequest = { kind: null, most: 1, cost: 0, limit: 0 };

interface ClientState {
  /** Milliseconds it may still use; negative when it has used more than its share. */
  deficit: number;
  /** Null: it does not wait for a slot. */
  pending: {
    readonly request: SlotRequest;
    readonly grant: (batch: CrossCameraBatch, expected: number) => void;
  } | null;
}

/**
 * Gives all clients the same time, whatever a single slot costs. The cost is known only afterwards, so a slot goes to
 * the first waiting client with a positive deficit, and the cost is subtracted when it is released. Waiting clients of
 * the same kind that have time left share the slot.
 */
export class FairScheduler {
  readonly #clients: ClientState[] = [];
  /** Number of clients that hold the slot. */
  #busy = 0;

  /** Number of registered clients. */
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
        const release = (cost: number): void => {
          participant.leave();
          client.deficit -= cost;
          this.#busy--;
          setImmediate(() => this.#next()); // the same client may ask again in this tick, and then competes with the others
        };
        return { participant, size: batch.size, expected, release };
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
    const waiting = this.#clients.filter(({ pending }) => pending !== null);
    if (this.#busy > 0 || waiting.length === 0) return;
    grantRounds(this.#clients, waiting);
    const group = shareSlot(waiting.filter(({ deficit }) => deficit > 0));
    const expected = group.reduce((sum, { pending }) => sum + pending!.request.cost, 0);
    // They move to the end of the queue.
    for (const client of group) this.#clients.push(...this.#clients.splice(this.#clients.indexOf(client), 1));
    this.#busy = group.length;
    const batch = new CrossCameraBatch(group.length);
    for (const { pending } of group) pending!.grant(batch, expected);
  }
}

/** As many whole rounds as the waiting client with the largest deficit needs. */
function grantRounds(clients: readonly ClientState[], waiting: readonly ClientState[]): void {
  const best = Math.max(...waiting.map(({ deficit }) => deficit));
  const rounds = best > 0 ? 0 : Math.floor(-best / QUANTUM) + 1;
  for (const client of clients) client.deficit = Math.min(MAX_DEFICIT, client.deficit + rounds * QUANTUM);
}

/** The first eligible client, and those that may share its slot. */
function shareSlot([first, ...others]: readonly ClientState[]): readonly ClientState[] {
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
