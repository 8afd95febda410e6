import type { Job } from '../../settings/restoreJob';
import type { FrameSource } from './decode';
import type { Frame } from './frame';
import type { VideoInfo } from './probe';

/** Seconds decoded before the wanted part, so that the first wanted frame is whole whatever the seek hit. */
export const SEEK_MARGIN = 5;

/** Cuts the wanted part out of the film. */
export async function* trimFrames(
  source: FrameSource,
  { timeBase }: VideoInfo,
  { trim }: Pick<Job, 'trim'>,
): AsyncGenerator<Frame> {
  const ticks = (seconds: number): number => (seconds * timeBase.den) / timeBase.num;
  const start = trim ? Math.round(ticks(trim.start)) : -Infinity;
  const end = trim?.end ? ticks(trim.end) : Infinity;
  for await (const frame of source.read()) {
    if (frame.pts >= end) return;
    if (frame.pts >= start) yield frame;
  }
}
