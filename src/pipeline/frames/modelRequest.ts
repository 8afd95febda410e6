import { RemasterError } from '../../errors';
import type { Model, ModelRequest } from '../../model/model';
import type { Job } from '../../settings/restoreJob';

export const modelRequest = ({
  model,
  provider,
  device,
  threads,
  steps,
  order,
  colorFix,
  strength,
  noise,
  seed,
}: Omit<ModelRequest, 'depth'>): Omit<ModelRequest, 'depth'> => ({
  model,
  provider,
  device,
  threads,
  steps,
  order,
  colorFix,
  strength,
  noise,
  seed,
});

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
