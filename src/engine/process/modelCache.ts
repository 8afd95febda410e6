import { openModel } from '../../model/inference/openModel';
import type { Model, ModelRequest } from '../../model/model';

/** Loaded models that stay between jobs, so that the next tape does not load again what the last one used. */
export interface ModelCache {
  /** A borrowed model: disposing it gives it back, and never waits for an inference that nobody wants any more. */
  open(request: ModelRequest): Promise<Model>;
}

/** More than one pair of 8- and 16-bit graphs is not used by one flow at a time. */
const SLOTS = 2;

/** A model and who has it: one that left the shelf is closed when the last borrower has brought it back. */
interface CachedModel {
  readonly model: Model;
  borrowers: number;
  isCached: boolean;
}

export function modelCache(): ModelCache {
  const places = new Map<string, CachedModel>();

  const closeIfUnwanted = (place: CachedModel): void => {
    if (!place.isCached && place.borrowers === 0) void place.model[Symbol.asyncDispose]();
  };
  const takeOff = (key: string): void => {
    const place = places.get(key);
    if (!place) return;
    places.delete(key);
    place.isCached = false;
    closeIfUnwanted(place);
  };

  return {
    async open(request) {
      // Always asked for anew, which costs nothing while it is loaded: a bundle that was replaced on disk is noticed.
      const model = await openModel(request);
      const key = JSON.stringify(request);
      const place: CachedModel = { model, borrowers: 1, isCached: true };
      takeOff(key);
      places.set(key, place); // newest last
      for (const oldest of places.keys()) {
        if (places.size <= SLOTS) break;
        takeOff(oldest);
      }
      let isBack = false;
      return {
        ...model,
        async [Symbol.asyncDispose]() {
          if (isBack) return;
          isBack = true;
          place.borrowers--;
          closeIfUnwanted(place);
        },
      };
    },
  };
}
