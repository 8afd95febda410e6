import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { DecodeOptions } from '../../media/decode';
import type { Encoding } from '../../media/encode';

/** How a source is decoded for a job. `from`: seconds into the file. */
export function decodeOptions(
  { temporalDenoise, hwaccel }: Pick<Job, 'temporalDenoise' | 'hwaccel'>,
  { colour, depth }: Pick<Encoding, 'colour' | 'depth'>,
  model: Model,
  from: number,
): DecodeOptions {
  const withShotFirstFrame = model.prompt !== undefined;
  return { colour, depth, temporalDenoise, hwaccel, withShotFirstFrame, from };
}
