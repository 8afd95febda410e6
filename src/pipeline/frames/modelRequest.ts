import { RemasterError } from '../../errors';
import type { Model, ModelRequest } from '../../model/model';
import { type Job, type ModelChoice, modelChoice } from '../../settings/restoreJob';

type Settings = ModelChoice & Pick<Job, 'steps' | 'order' | 'colorFix' | 'strength' | 'noise' | 'seed'>;

export const modelRequest = (settings: Settings): Omit<ModelRequest, 'depth'> => {
  const { steps, order, colorFix, strength, noise, seed } = settings;
  return {
    ...modelChoice(settings),
    ...{ steps, order, colorFix, strength, noise, seed },
  };
};

export function wantedScale({ scale }: Pick<Job, 'scale'>, { info }: Model): number {
  if (scale === null || scale <= info.scale) return scale ?? info.scale;
  throw new RemasterError(
    'BAD_SETTING',
    `The model ${info.name} upscales ×${info.scale}, less than the requested ×${scale}.`,
    {
      remedy: 'Use a smaller scale, or choose a model with a larger one.',
    },
  );
}
