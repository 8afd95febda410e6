import { framesPerStored } from './fieldRate';
import type { Job } from './restoreJob';

interface Length {
  /** Nominal frames per second; null when unknown. */
  readonly fps: number | null;
  /** Seconds; null when unknown. */
  readonly duration: number | null;
}

/** Seconds of a source that a job restores; null when unknown. */
export const restoredSeconds = ({ duration }: Pick<Length, 'duration'>, { trim }: Pick<Job, 'trim'>): number | null =>
  duration === null ? null : Math.max(0, Math.min(trim?.end ?? Infinity, duration) - (trim?.start ?? 0));

/** Frames that a job makes of a source: at least one, unless its part is behind the end; null when unknown. */
export function restoredFrames(source: Length, { trim, maxFps }: Pick<Job, 'trim' | 'maxFps'>): number | null {
  const seconds = restoredSeconds(source, { trim });
  if (seconds === null || source.fps === null) return null;
  if (seconds === 0 && trim !== null) return 0;
  return Math.max(1, Math.round(seconds * Math.min(source.fps, maxFps ?? Infinity)));
}

/** The same of a file whose fields may become frames. `source`: as the file says. */
export const framesOfFile = (
  { fps, duration }: Length,
  job: Pick<Job, 'trim' | 'maxFps' | 'deinterlace'>,
): number | null =>
  restoredFrames({ duration, fps: fps === null ? null : fps * framesPerStored(job.deinterlace) }, job);
