import { RemasterError } from '../../../errors';
import type { ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';

/**
 * How the faces of the job are found; null when its model is for whole frames. Errors: BAD_SETTING for settings that do
 * not apply.
 */
export function faceSettings(
  { faces, minFace, tile, overlap }: Pick<Job, 'faces' | 'minFace' | 'tile' | 'overlap'>,
  { name, task, tile: advice }: ModelInfo,
  { width, height }: { readonly width: number; readonly height: number },
): 'detect' | 'aligned' | null {
  if (task !== 'face') {
    if (faces === null && minFace === null) return null;
    throw new RemasterError(
      'BAD_SETTING',
      `${faces === null ? 'The smallest face' : `faces “${faces}”`} applies only to face models; ${name} is not one.`,
      { remedy: NO_FACE_MODEL },
    );
  }
  if (tile !== null || overlap !== null) {
    throw new RemasterError(
      'BAD_SETTING',
      `The face model ${name} works on ${advice.size}×${advice.size} pixels; tile size and overlap do not apply.`,
      { remedy: 'Omit tile and overlap.' },
    );
  }
  if (faces === 'aligned' && width !== height) {
    throw new RemasterError(
      'BAD_SETTING',
      `faces “aligned” requires square frames with one face each; this video is ${width}×${height}.`,
      { remedy: 'Use faces “detect”, or crop the video first.' },
    );
  }
  if (faces === 'aligned' && minFace !== null) {
    throw new RemasterError('BAD_SETTING', 'The smallest face does not apply to faces “aligned”.', {
      remedy: 'Omit one of the two.',
    });
  }
  return faces ?? 'detect';
}

const NO_FACE_MODEL =
  'Leave it out, or choose a model with the task “face” (`remaster models` lists them; none is in the package, see ' +
  'https://github.com/remaster-video/node-red-video/blob/main/docs/faces.md).';
