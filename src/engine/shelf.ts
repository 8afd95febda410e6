import { openModel } from '../model/host';
import type { Model, ModelRequest } from '../model/model';

/** Loaded models that stay between jobs, so that the next tape does not load again what the last one used. */
export interface ModelShelf {
  /** A borrowed model: disposing it does nothing, and never waits for an inference that nobody wants any more. */
  open(request: ModelRequest): Promise<Model>;
}

/** More than one pair of 8- and 16-bit graphs is not used by one flow at a time. */
const PLACES = 2;

export function modelShelf(): ModelShelf {
  const models = new Map<string, Promise<Model>>();
  return {
    async open(request) {
      const key = JSON.stringify(request);
      const known = models.get(key);
      const opening = known ?? openModel(request);
      models.delete(key);
      models.set(key, opening); // newest last
      try {
        const model = await opening;
        for (const [old, other] of models) {
          if (models.size <= PLACES) break;
          models.delete(old);
          void other.then((unused) => unused[Symbol.asyncDispose]()).catch(() => {}); // one that failed to load told its own job
        }
        return { info: model.info, run: (batch, signal) => model.run(batch, signal), async [Symbol.asyncDispose]() {} };
      } catch (error) {
        models.delete(key);
        throw error;
      }
    },
  };
}
