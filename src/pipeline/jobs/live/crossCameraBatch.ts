import type { Model, ModelInfo, TileBatch } from '../../../model/model';
import { concatBytes } from '../../media/concatBytes';

/** One of those who travel together, or alone. */
export interface Participant {
  /** Runs `batch`, in one call with those of the others. The result is that of `model.run`, to the byte. */
  run(model: Model, batch: TileBatch, signal: AbortSignal): Promise<Uint8Array>;
  /** Its part of all that was run, 0…1. */
  readonly share: number;
  /** It brings no more tiles: nobody waits for it any longer. */
  leave(): void;
}

interface Call {
  readonly model: Model;
  readonly batch: TileBatch;
  readonly signal: AbortSignal;
  readonly resolve: (made: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Pictures of several cameras that are made at the same time: a tile of each goes into one call of the model. Whoever brings a tile
 * waits until all who are still aboard have brought one. What a tile becomes depends on itself, its place and the model
 * alone, so nobody's picture depends on who else is there.
 */
export class CrossCameraBatch {
  #participants: number;
  #calls: Call[] = [];
  #tiles = 0;

  constructor(readonly size: number) {
    this.#participants = size;
  }

  /** To be called once for each of `size`. */
  join(): Participant {
    let own = 0;
    let hasJoined = true;
    const share = (): number => (this.#tiles === 0 ? 1 / this.size : own / this.#tiles);
    return {
      run: (model, batch, signal) => {
        own += batch.keys.length;
        this.#tiles += batch.keys.length;
        return this.size === 1 ? model.run(batch, signal) : this.#runTogether(model, batch, signal);
      },
      get share() {
        return share();
      },
      leave: () => {
        if (!hasJoined) return;
        hasJoined = false;
        this.#participants--;
        this.#runIfComplete();
      },
    };
  }

  async #runTogether(model: Model, batch: TileBatch, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    let stop = (): void => {};
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        stop = () => reject(signal.reason as Error);
        signal.addEventListener('abort', stop, { once: true });
        this.#calls.push({ model, batch, signal, resolve, reject });
        this.#runIfComplete();
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #runIfComplete(): void {
    if (this.#calls.length === 0 || this.#calls.length < this.#participants) return;
    const groups = new Map<string, Call[]>();
    for (const call of this.#calls.splice(0)) {
      const kind = `${batchKey(call.model.info, call.batch)} ${call.batch.mask !== undefined}`;
      groups.set(kind, [...(groups.get(kind) ?? []), call]);
    }
    for (const calls of groups.values()) void runTogether(calls);
  }
}

/** Settles all `calls`, which are of one model and one size of tiles. */
async function runTogether(calls: readonly Call[]): Promise<void> {
  const { model, batch, signal } = calls[0]!;
  try {
    if (calls.length === 1) return calls[0]!.resolve(await model.run(batch, signal));
    const keys = calls.flatMap((call) => call.batch.keys);
    const mask = batch.mask && { mask: concatBytes(calls.map((call) => call.batch.mask!)) };
    const data = concatBytes(calls.map((call) => call.batch.data));
    // Who is stopped meanwhile goes on at once; the others get what they wait for.
    const made = await model.run({ ...batch, keys, data, ...mask }, new AbortController().signal);
    const tile = made.length / keys.length;
    let from = 0;
    for (const call of calls) {
      const to = from + tile * call.batch.keys.length;
      call.resolve(made.slice(from, to)); // a copy: nobody is to hold on to the others' pictures
      from = to;
    }
  } catch (error) {
    for (const { reject } of calls) reject(error);
  }
}

const modelIds = new WeakMap<ModelInfo, number>();
let lastModelId = 0;

/** A name that is equal for tiles which may go into one call. Equal requests for a model share one `info`. */
export function batchKey(info: ModelInfo, tile: { readonly width: number; readonly height: number }): string {
  const number = modelIds.get(info) ?? ++lastModelId;
  modelIds.set(info, number);
  return `${number} ${tile.width}×${tile.height}`;
}
