import { BackpressureWindow } from '../../../async/backpressure';
import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import { chooseTileSize, smallSides } from '../../frames/chooseTileSize';
import type { FrameSource } from '../../media/decode';
import type { VideoInfo } from '../../media/probe';
import { iterate } from '../../operators/iterate';
import { limitFrameRate } from '../../operators/limitFrameRate';
import { pullFrames } from '../../operators/pullFrames';
import { trimFrames } from '../../operators/trimFrames';

/** The tile size of the job; without one, small tiles for a mostly static video, else the default of the model. */
export async function tileSettings(
  { tile, overlap, tileCache, noise, maxFps, trim }: Job,
  { info }: Model,
  video: VideoInfo,
  openSource: () => FrameSource,
): Promise<Pick<Job, 'tile' | 'overlap'>> {
  if (tile !== null || tileCache === null || noise !== 'shared') return { tile, overlap };
  if (smallSides(info, video).length === 0) return { tile, overlap };
  await using source = openSource();
  const window = new BackpressureWindow(1);
  const frames$ = pullFrames(source.read(), window).pipe(
    trimFrames(video, { trim }),
    limitFrameRate(video, maxFps, () => {}),
  );
  const frames = iterate(frames$, window);
  const chosen = await chooseTileSize(frames, info, video, { tileCache, overlap }); // awaited before the source is closed
  return chosen ?? { tile, overlap };
}
