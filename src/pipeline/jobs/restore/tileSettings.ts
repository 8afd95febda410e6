import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import { chooseTileSize } from '../../frames/chooseTileSize';
import type { FrameSource } from '../../media/decode';
import type { VideoInfo } from '../../media/probe';
import { limitFrameRate } from '../../media/resize';
import { trimFrames } from '../../media/trim';

/** The tile size of the job; without one, small tiles for a mostly static video, else the default of the model. */
export async function tileSettings(
  { tile, overlap, tileCache, noise, maxFps, trim }: Job,
  { info }: Model,
  video: VideoInfo,
  openSource: () => FrameSource,
): Promise<Pick<Job, 'tile' | 'overlap'>> {
  if (tile !== null || tileCache === null || noise !== 'shared') return { tile, overlap };
  await using source = openSource();
  const frames = limitFrameRate(trimFrames(source, video, { trim }), video, maxFps, () => {});
  const chosen = await chooseTileSize(frames, info, video, { tileCache, overlap }); // awaited before the source is closed
  return chosen ?? { tile, overlap };
}
