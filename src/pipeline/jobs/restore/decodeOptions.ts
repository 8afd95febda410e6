import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { DecodeOptions } from '../../media/decode';
import type { Encoding } from '../../media/encode';
import type { VideoInfo } from '../../media/probe';

/** How a source is decoded for a job. `from`: seconds into the file. */
export function decodeOptions(
  job: Pick<Job, 'deinterlace' | 'temporalDenoise' | 'hwaccel'>,
  info: VideoInfo,
  { colour, depth }: Pick<Encoding, 'colour' | 'depth'>,
  model: Model,
  from: number,
): DecodeOptions {
  const { temporalDenoise, hwaccel } = job;
  const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
  const withShotFirstFrame = model.prompt !== undefined;
  return { colour, depth, deinterlace, temporalDenoise, hwaccel, withShotFirstFrame, from };
}
