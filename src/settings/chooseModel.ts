import { RemasterError } from '../errors';
import { type ModelWants, wishFor } from './modelWish';
import type { SourceTraits } from './sourceTraits';

/** In the place of a model's name: the model is chosen for the source. */
export const AUTO = 'auto';

/** A model that was chosen for a source, by its name. */
export interface ChosenModel {
  readonly model: string;
  /** Why, as the end of a sentence: “it is interlaced with 720×576 pixels, …”. */
  readonly reason: string;
}

/** The embedded models that are chosen: their scale and most steps. */
const ABLE: Readonly<Record<string, { readonly scale: number; readonly steps: number }>> = {
  restore: { scale: 1, steps: 4 },
  inpaint: { scale: 1, steps: 4 },
  x2: { scale: 2, steps: 4 },
  x4: { scale: 4, steps: 4 },
  'x4-live': { scale: 4, steps: 1 },
};

/** Whether the model is so quick that everything around it counts. */
export const isFastest = (model: string): boolean => model === 'x4-live';

/** Whether a name may stand in the place of `auto`. */
export const canBeChosen = (model: string): boolean => Object.hasOwn(ABLE, model);

/**
 * The model for a source: the best of those that are `installed` and can do what the job wants; what none can do, the
 * first one refuses when it is opened. The same source always gets the same one. Errors: MODEL_NOT_FOUND.
 */
export function chooseModel(source: SourceTraits, wants: ModelWants, installed: readonly string[]): ChosenModel {
  const { models, reason } = wishFor(source, wants);
  const able = models.filter((name) => canDo(name, wants));
  const suiting = able.length > 0 ? able : models;
  const model = suiting.find((name) => installed.includes(name));
  if (model === undefined) throw noneInstalled(suiting);
  const missing = model === suiting[0] ? '' : `; ${suiting[0]!} suits it better, but is not installed`;
  return { model, reason: reason + missing };
}

function canDo(name: string, { scale, steps }: ModelWants): boolean {
  const able = ABLE[name]!;
  return (scale ?? 0) <= able.scale && (steps ?? 1) <= able.steps;
}

const noneInstalled = (models: readonly string[]): RemasterError =>
  new RemasterError('MODEL_NOT_FOUND', `Of the models for this source, ${models.join(', ')}, none is installed.`, {
    remedy: 'Install the package again, or name a model that `remaster models` lists.',
  });
