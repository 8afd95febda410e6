import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { DecodeOptions } from '../../media/decode';
import type { Encoding } from '../../media/encode';
import type { VideoInfo } from '../../media/probe';

/** How the source of a job is decoded. `from`: seconds into the file. */
export function decodeOptions(
  job: Job,
  info: VideoInfo,
  { colour, depth }: Encoding,
  model: Model,
  from: number,
): DecodeOptions {
  const { temporalDenoise, hwaccel } = job;
  const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
  const withShotFirstFrame = model.prompt !== undefined;
  return { colour, depth, deinterlace, temporalDenoise, hwaccel, withShotFirstFrame, from };
}
