import { deferred } from '../../../async/deferred';
import { SerialQueue } from '../../../async/serialQueue';
import { untilAborted } from '../../../async/untilAborted';
import type { Model, ModelInfo, TileBatch } from '../../../model/model';
import { concatBytes } from '../../media/concatBytes';

/** One camera's part in a batch. */
export interface Participant {
  /** Runs `batch`, in one call with those of the other participants. The result is identical to that of `model.run`. */
  run(model: Model, batch: TileBatch, signal: AbortSignal): Promise<Uint8Array>;
  /** Its share of all tiles, 0…1. */
  readonly share: number;
  /** It adds no more tiles; the other participants stop waiting for it. */
  leave(): void;
}

interface Call {
  readonly model: Model;
  readonly batch: TileBatch;
  readonly signal: AbortSignal;
  readonly resolve: (output: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Frames of several cameras upscaled at the same time: one tile of each goes into one call of the model. A participant
 * that adds a tile waits until all remaining participants have added one. The output of a tile depends only on the
 * tile, its position and the model, so it does not depend on the other participants.
 */
export class CrossCameraBatch {
  #participants: number;
  #calls: Call[] = [];
  #tiles = 0;

  constructor(readonly size: number) {
    this.#participants = size;
  }

  /** Must be called once for each of the `size` participants. */
  join(): Participant {
    let own = 0;
    const turns = new SerialQueue(); // one of its tiles at a time goes with one of each other participant
    let hasJoined = true;
    const share = (): number => (this.#tiles === 0 ? 1 / this.size : own / this.#tiles);
    return {
      run: (model, batch, signal) => {
        own += batch.keys.length;
        this.#tiles += batch.keys.length;
        if (this.size === 1) return model.run(batch, signal);
        return turns.run(() => this.#runTogether(model, batch, signal));
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
    const { promise, resolve, reject } = deferred<Uint8Array>();
    this.#calls.push({ model, batch, signal, resolve, reject });
    this.#runIfComplete();
    return untilAborted(promise, signal);
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

/** Runs `calls`, which use one model and one tile size, as one batch. */
async function runTogether(calls: readonly Call[]): Promise<void> {
  const { model, batch, signal } = calls[0]!;
  try {
    if (calls.length === 1) return calls[0]!.resolve(await model.run(batch, signal));
    const keys = calls.flatMap((call) => call.batch.keys);
    const mask = batch.mask && { mask: concatBytes(calls.map((call) => call.batch.mask!)) };
    const data = concatBytes(calls.map((call) => call.batch.data));
    // An aborted participant returns at once; the rest still get their result.
    const output = await model.run({ ...batch, keys, data, ...mask }, new AbortController().signal);
    const tile = output.length / keys.length;
    let from = 0;
    for (const call of calls) {
      const to = from + tile * call.batch.keys.length;
      call.resolve(output.slice(from, to)); // a copy, so that no participant keeps the memory of all
      from = to;
    }
  } catch (error) {
    for (const { reject } of calls) reject(error);
  }
}

const modelIds = new WeakMap<ModelInfo, number>();
let lastModelId = 0;

/** Equal for tiles that may share a batch. Equal model requests share one `info`. */
export function batchKey(info: ModelInfo, tile: { readonly width: number; readonly height: number }): string {
  const id = modelIds.get(info) ?? ++lastModelId;
  modelIds.set(info, id);
  return `${id} ${tile.width}×${tile.height}`;
}
