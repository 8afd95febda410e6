import type { BatchFile, FileState, QueuedFile } from './batchFile';
import type { Forecast } from './forecast';

/** All files of a batch together. */
export interface BatchTotals extends Readonly<Record<FileState, number>> {
  readonly files: number;
  /** Seconds left; null when unknown. */
  readonly eta: number | null;
  /** Part of the work of this run that is done, 0…1; null when unknown. Skipped files are no work. */
  readonly share: number | null;
}

export const NO_FILES: BatchTotals = {
  ...{ files: 0, waiting: 0, running: 0, done: 0, skipped: 0, failed: 0, eta: 0, share: 1 },
};

export function totalsOf(files: readonly QueuedFile[], forecast: Pick<Forecast, 'secondsOf'>): BatchTotals {
  const counts = { waiting: 0, running: 0, done: 0, skipped: 0, failed: 0 };
  let left: number | null = 0;
  let done: number | null = 0;
  for (const file of files) {
    counts[file.state]++;
    if (file.state === 'done') done = plus(done, file.seconds);
    if (file.state === 'waiting') left = plus(left, forecast.secondsOf(file));
    if (file.state !== 'running') continue;
    const { eta, elapsed } = runningSeconds(file, forecast);
    left = plus(left, eta);
    done = plus(done, elapsed);
  }
  const all = plus(left, done);
  return { files: files.length, ...counts, eta: left, share: all === null ? null : all === 0 ? 1 : done! / all };
}

/** What a running file still takes, and has taken. */
function runningSeconds(file: QueuedFile, forecast: Pick<Forecast, 'secondsOf'>) {
  const whole = forecast.secondsOf(file);
  const share = shareOf(file);
  const eta = file.progress?.eta ?? (whole === null ? null : whole * (1 - share));
  const elapsed = share === 0 || eta === null ? 0 : (eta * share) / Math.max(1 - share, 0.01);
  return { eta, elapsed };
}

function shareOf({ progress }: Pick<BatchFile, 'progress'>): number {
  if (progress === null) return 0;
  return progress.share ?? (progress.total ? progress.frame / progress.total : 0);
}

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
