import { dirname, isAbsolute, resolve } from 'node:path';
import { engineFor } from '../../src/engine/client/engine';
import type { EngineRequests } from '../../src/engine/protocol';
import { RemasterError } from '../../src/errors';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { show } from './plan';

type ModelSummary = EngineRequests['models']['result'][number];

/** What was last heard of each model, by name and by path: asking starts an engine. */
const known = new Map<string, ModelSummary>();

/** All models the engine finds. */
export async function listModels(): Promise<readonly ModelSummary[]> {
  const found = await engineFor(JOB_DEFAULTS).ask('models', {});
  for (const summary of found) known.set(summary.name, summary).set(summary.path, summary);
  return found;
}

/** Looks at a bundle outside the list. Only its path is kept: its name may be that of another in the list. */
async function lookAt(folder: string): Promise<void> {
  const found = await engineFor(JOB_DEFAULTS).ask('models', { folders: [dirname(folder)] });
  const summary = found.find(({ path }) => path === folder);
  if (summary) known.set(folder, summary);
}

/** What is known of a model without asking. */
export const knownModel = (model: string): ModelSummary | null => known.get(model) ?? null;

/** A model that can be used, or why it cannot. Null for a folder that holds none: the job says what is wrong with it. */
export async function usableModel(model: string): Promise<ModelSummary | null> {
  if (known.get(model)?.problem !== null) await (isAbsolute(model) ? lookAt(resolve(model)) : listModels());
  const summary = known.get(isAbsolute(model) ? resolve(model) : model);
  if (summary?.problem) throw RemasterError.from(summary.problem);
  if (summary || /[\\/]/.test(model)) return summary ?? null;
  const names = [...new Set([...known.values()].map(({ name }) => name))];
  throw new RemasterError('MODEL_NOT_FOUND', `There is no model called ${show(model)}.`, {
    remedy: `Choose one of ${names.join(', ') || 'none found'}, or give the path of a bundle's folder, in the upscale model node.`,
  });
}
