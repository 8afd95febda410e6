import { openModel } from '../../model/inference/openModel';
import { canBeChosen } from '../../settings/chooseModel';
import type { Model, ModelRequest } from '../../model/model';

/** LRU cache of loaded models, so that consecutive jobs do not load the same model again. */
export interface ModelCache {
  /** Borrows a model. Disposing it returns it at once, without waiting for a running inference. */
  open(request: ModelRequest): Promise<Model>;
}

/** One flow uses at most an 8-bit and a 16-bit graph at the same time. */
const SLOTS = 2;
/** Of the small models of the package: a batch chooses among them for each source, and loads none twice. */
const SMALL_SLOTS = 6;

/** A model that was evicted is closed when its last borrower has disposed of it. */
interface CachedModel {
  readonly model: Model;
  readonly isSmall: boolean;
  borrowers: number;
  isCached: boolean;
}

/** `load`: replaced in tests. */
export function modelCache(load: ModelCache['open'] = openModel): ModelCache {
  const slots = new Map<string, CachedModel>(); // least recently used first

  const closeIfUnused = (slot: CachedModel): void => {
    if (!slot.isCached && slot.borrowers === 0) slot.model[Symbol.asyncDispose]().then(null, () => {}); // it has no user left
  };
  const evict = (key: string): void => {
    const slot = slots.get(key);
    if (!slot) return;
    slots.delete(key);
    slot.isCached = false;
    closeIfUnused(slot);
  };

  return {
    async open(request) {
      // Opened every time, which is cheap for a loaded model, to detect a bundle that was replaced on disk.
      const model = await load(request);
      const key = JSON.stringify(request);
      const slot: CachedModel = { model, isSmall: canBeChosen(request.model), borrowers: 1, isCached: true };
      evict(key);
      slots.set(key, slot);
      for (const [isSmall, limit] of [
        [false, SLOTS],
        [true, SMALL_SLOTS],
      ] as const) {
        const kind = [...slots].filter(([, one]) => one.isSmall === isSmall);
        for (const [oldest] of kind.slice(0, Math.max(0, kind.length - limit))) evict(oldest);
      }
      let isReturned = false;
      return {
        ...model,
        async [Symbol.asyncDispose]() {
          if (isReturned) return;
          isReturned = true;
          slot.borrowers--;
          closeIfUnused(slot);
        },
      };
    },
  };
}
