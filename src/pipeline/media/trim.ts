import type { Job } from '../../settings/restoreJob';
import type { FrameSource } from './decode';
import type { Frame, Rational } from './frame';
import type { VideoInfo } from './probe';

/** Seconds decoded before the range, so that its first frame is complete even if the seek was inexact. */
export const SEEK_MARGIN = 5;

/** Keeps only the frames in the range of the job. */
export async function* trimFrames(
  source: FrameSource,
  { timeBase }: VideoInfo,
  { trim }: Pick<Job, 'trim'>,
): AsyncGenerator<Frame> {
  const start = trim ? startTick(trim, timeBase) : -Infinity;
  const end = trim?.end ? (trim.end * timeBase.den) / timeBase.num : Infinity;
  for await (const frame of source.read()) {
    if (frame.pts >= end) return;
    if (frame.pts >= start) yield frame;
  }
}

/** The start of the range in ticks: time 0 of the output. */
export const startTick = (trim: Job['trim'], { num, den }: Rational): number =>
  trim ? Math.round((trim.start * den) / num) : 0;
