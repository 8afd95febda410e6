import type { SourceSummary } from '../../src/engine/protocol';
import type { Job } from '../../src/settings/restoreJob';

type Work = Pick<Job, 'model' | 'provider' | 'device' | 'threads' | 'steps'>;

/** Source pixels per second that this machine restores, as last seen of each way to work. */
const rates = new Map<string, number>();

const keyOf = ({ model, provider, device, threads, steps }: Work): string =>
  JSON.stringify([model, provider, device, threads, steps]);

/** From a job at work, or from a trial of one tile. */
export function recordThroughput(work: Work, pixelsPerSecond: number): void {
  if (Number.isFinite(pixelsPerSecond) && pixelsPerSecond > 0) rates.set(keyOf(work), pixelsPerSecond);
}

/** Seconds this job is going to take by itself; null when nothing like it was seen, or the file does not say how long it is. */
export function estimateSeconds(job: Job, info: SourceSummary): number | null {
  const rate = rates.get(keyOf(job));
  if (rate === undefined || info.duration === null || info.fps === null) return null;
  const seconds = Math.min(job.trim?.end ?? Infinity, info.duration) - (job.trim?.start ?? 0);
  const frames = Math.max(0, seconds) * Math.min(info.fps, job.maxFps ?? Infinity);
  return (frames * pixelsOf(job, info)) / rate;
}

/** Pixels of one frame as the model gets it. */
export function pixelsOf({ maxHeight }: Pick<Job, 'maxHeight'>, { width, height }: SourceSummary): number {
  const share = maxHeight === null ? 1 : Math.min(1, maxHeight / height);
  return width * height * share * share;
}
