import { AUTO, chooseModel, type ChosenModel } from '../../settings/chooseModel';
import type { Job } from '../../settings/restoreJob';
import type { SourceTraits } from '../../settings/sourceTraits';

/** What the choice of a model needs. */
export interface ModelNames {
  /** The names of all usable models. */
  modelNames?(): Promise<readonly string[]>;
}

type Settings = Pick<Job, 'model' | 'scale' | 'steps' | 'mask' | 'maskColor'>;

/**
 * The settings with a name in the place of `auto`; `chosen` is null where they named a model. `describe`: called only for
 * `auto`. Errors: MODEL_NOT_FOUND.
 */
export async function withModel<S extends Settings>(
  settings: S,
  { modelNames }: ModelNames,
  describe: () => Promise<SourceTraits>,
): Promise<{ readonly settings: S; readonly chosen: ChosenModel | null }> {
  if (settings.model !== AUTO) return { settings, chosen: null };
  const { scale, steps, mask, maskColor } = settings;
  const wants = { scale, steps, isMasked: mask !== null || maskColor !== null };
  const chosen = chooseModel(await describe(), wants, await modelNames!());
  return { settings: { ...settings, model: chosen.model }, chosen };
}
