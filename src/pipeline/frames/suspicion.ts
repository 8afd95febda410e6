import { RemasterError } from '../../errors';
import type { ModelInfo } from '../../model/model';

/** Below this PSNR, in dB, the result of a smooth image has little to do with the image. */
const MIN_DB = 10;

/** MODEL_SUSPECT if the model distorts even a smooth image, otherwise null. It is a warning: only a look at a result can tell. */
export function suspicion({ name, smoothPsnr }: Pick<ModelInfo, 'name' | 'smoothPsnr'>): RemasterError | null {
  if (smoothPsnr === undefined || smoothPsnr >= MIN_DB) return null;
  const decibels = smoothPsnr.toFixed(1);
  return new RemasterError(
    'MODEL_SUSPECT',
    `The model ${name} distorts a smooth test image: ${decibels} dB PSNR against plain enlargement, below ${MIN_DB} dB.`,
    { remedy: 'Look at a short result before a long job; if it is wrong, export the bundle again.' },
  );
}

/** The warning of a job. */
export const suspicionWarnings = (info: Pick<ModelInfo, 'name' | 'smoothPsnr'>): readonly string[] => {
  const suspect = suspicion(info);
  return suspect ? [`${suspect.code}: ${suspect.message} ${suspect.remedy}`] : [];
};
