import type { Job } from '../../settings/restoreJob';
import type { FrameSource } from './decode';
import type { Frame } from './frame';
import type { VideoInfo } from './probe';

/** Seconds decoded before the range, so that its first frame is complete even if the seek was inexact. */
export const SEEK_MARGIN = 5;

/** Keeps only the frames in the range of the job. */
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
