import { dirname, isAbsolute, resolve } from 'node:path';
import { engineFor } from '../../src/engine/client/engine';
import type { EngineRequests } from '../../src/engine/protocol';
import { RemasterError } from '../../src/errors';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { show } from '../../src/settings/showValue';

type ModelSummary = EngineRequests['models']['result'][number];

/** The last summary of each model, by name and by path: asking for one starts an engine. */
export class KnownModels {
  readonly #known = new Map<string, ModelSummary>();

  /** Lists all models that the engine finds. */
  async list(): Promise<readonly ModelSummary[]> {
    const found = await engineFor(JOB_DEFAULTS).ask('models', {});
    for (const summary of found) this.#known.set(summary.name, summary).set(summary.path, summary);
    return found;
  }

  /** The summary of a model if it is known already; starts no engine. */
  get(model: string): ModelSummary | null {
    return this.#known.get(model) ?? null;
  }

  /**
   * The summary of a usable model; throws if the model is unknown or invalid. Null for a folder without a model: the job
   * reports its problem.
   */
  async usable(model: string): Promise<ModelSummary | null> {
    if (this.#known.get(model)?.problem !== null)
      await (isAbsolute(model) ? this.#inspect(resolve(model)) : this.list());
    const summary = this.#known.get(isAbsolute(model) ? resolve(model) : model);
    if (summary?.problem) throw RemasterError.from(summary.problem);
    if (summary || /[\\/]/.test(model)) return summary ?? null;
    const names = [...new Set([...this.#known.values()].map(({ name }) => name))];
    throw new RemasterError('MODEL_NOT_FOUND', `There is no model called ${show(model)}.`, {
      remedy: `Choose one of ${names.join(', ') || 'none found'}, or enter the path of a bundle's folder, in the upscale model node.`,
    });
  }

  /** Reads a bundle outside the list. Stored by path only: its name may be that of a listed model. */
  async #inspect(folder: string): Promise<void> {
    const found = await engineFor(JOB_DEFAULTS).ask('models', { folders: [dirname(folder)] });
    const summary = found.find(({ path }) => path === folder);
    if (summary) this.#known.set(folder, summary);
  }
}
