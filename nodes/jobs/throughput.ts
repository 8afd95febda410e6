import type { SourceSummary } from '../../src/engine/protocol';
import { framesOfFile } from '../../src/settings/frameCount';
import type { Job } from '../../src/settings/restoreJob';

type Work = Pick<Job, 'model' | 'provider' | 'device' | 'threads' | 'steps'>;

/** Source pixels per second that this machine restores, as last measured for each model, device and step count. */
export class Throughput {
  readonly #rates = new Map<string, number>();

  /** Records the speed of a running job, or of a test with one tile. */
  record(work: Work, pixelsPerSecond: number): void {
    if (Number.isFinite(pixelsPerSecond) && pixelsPerSecond > 0) this.#rates.set(keyOf(work), pixelsPerSecond);
  }

  /** Seconds this job takes if nothing else runs; null before the first measurement, or if the file has no duration. */
  estimateSeconds(job: Job, info: SourceSummary): number | null {
    const rate = this.#rates.get(keyOf(job));
    const frames = framesOfFile(info, job);
    return rate === undefined || frames === null ? null : (frames * pixelsOf(job, info)) / rate;
  }
}

/** Pixels of one frame at the model's input. */
export function pixelsOf({ maxHeight }: Pick<Job, 'maxHeight'>, { width, height }: SourceSummary): number {
  const share = maxHeight === null ? 1 : Math.min(1, maxHeight / height);
  return width * height * share * share;
}

const keyOf = ({ model, provider, device, threads, steps }: Work): string =>
  JSON.stringify([model, provider, device, threads, steps]);
