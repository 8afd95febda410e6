import { RemasterError } from '../../../errors';
import type { ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';

/** Whether the job restores faces, and where they are: `null` when its model is for whole frames. Refuses what means nothing. */
export function faceSettings(
  { faces, minFace, tile, overlap }: Pick<Job, 'faces' | 'minFace' | 'tile' | 'overlap'>,
  { name, task, tile: advice }: ModelInfo,
  { width, height }: { readonly width: number; readonly height: number },
): 'detect' | 'aligned' | null {
  if (task !== 'face') {
    if (faces === null && minFace === null) return null;
    throw new RemasterError(
      'BAD_SETTING',
      `The model ${name} is not for faces, so ${faces === null ? 'a smallest face' : `faces “${faces}”`} means nothing to it.`,
      { remedy: NO_FACE_MODEL },
    );
  }
  if (tile !== null || overlap !== null) {
    throw new RemasterError(
      'BAD_SETTING',
      `The model ${name} sees each face as ${advice.size}×${advice.size} pixels; another tile size means nothing to it.`,
      { remedy: 'Leave tile and overlap out.' },
    );
  }
  if (faces === 'aligned' && width !== height) {
    throw new RemasterError(
      'BAD_SETTING',
      `With faces “aligned” every frame is one face in a square; this video is ${width}×${height}.`,
      { remedy: 'Leave the faces to be detected, or crop the video first.' },
    );
  }
  if (faces === 'aligned' && minFace !== null) {
    throw new RemasterError('BAD_SETTING', 'A smallest face means nothing when every frame is one aligned face.', {
      remedy: 'Leave one of the two out.',
    });
  }
  return faces ?? 'detect';
}

const NO_FACE_MODEL =
  'Leave it out, or choose a model with the task “face” (`remaster models` lists them; none is in the package, see ' +
  'https://github.com/remaster-video/node-red-video/blob/main/docs/faces.md).';
