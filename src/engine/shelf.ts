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
  const models = new Map<string, Model>();
  return {
    async open(request) {
      // Always asked for anew, which costs nothing while it is loaded: a bundle that was replaced on disk is noticed.
      const model = await openModel(request);
      const key = JSON.stringify(request);
      const replaced = [models.get(key)];
      models.delete(key);
      models.set(key, model); // newest last
      for (const [old, other] of models) {
        if (models.size <= PLACES) break;
        models.delete(old);
        replaced.push(other);
      }
      for (const old of replaced) void old?.[Symbol.asyncDispose]();
      return { info: model.info, run: (batch, signal) => model.run(batch, signal), async [Symbol.asyncDispose]() {} };
    },
  };
}
