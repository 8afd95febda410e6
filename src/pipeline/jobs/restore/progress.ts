import type { Job, Progress, CacheStats, Stage } from '../../../settings/restoreJob';
import type { VideoInfo } from '../../media/probe';

export type ProgressMeter = ReturnType<typeof progressMeter>;

/** Counts frames and reports progress. */
export function progressMeter(report: (progress: Progress) => void) {
  let cacheStats = (): CacheStats | null => null;
  let stage: Stage = 'probing';
  let frame = 0;
  let framesThisRun = 0;
  let total: number | null = null;
  let share: number | null = null;
  let since = 0;
  let span: { from: number; ticks: number } | null = null;
  const send = (): void => {
    const seconds = (performance.now() - since) / 1000;
    const fps = framesThisRun > 0 && seconds > 0 ? framesThisRun / seconds : null;
    const eta = stage === 'finishing' ? 0 : fps && total !== null ? Math.max(0, total - frame) / fps : null;
    report({ stage, frame, total, share: stage === 'finishing' ? 1 : share, fps, eta, cacheStats: cacheStats() });
  };
  return {
    stage(value: Stage): void {
      stage = value;
      send();
    },
    expect({ duration, framesPerSecond, timeBase }: VideoInfo, { trim, maxFps }: Job): void {
      if (duration === null) return;
      const from = trim?.start ?? 0;
      const length = Math.max(0, Math.min(trim?.end ?? Infinity, duration) - from);
      span = { from: (from * timeBase.den) / timeBase.num, ticks: (length * timeBase.den) / timeBase.num };
      if (framesPerSecond === null) return;
      total = Math.max(1, Math.round(length * Math.min(framesPerSecond, maxFps ?? Infinity)));
    },
    /** Sets the source of the cache statistics. */
    cacheStatsFrom(value: () => CacheStats | null): void {
      cacheStats = value;
    },
    resume(done: number): void {
      frame = done;
      since = performance.now();
    },
    advance(frames: number, pts: number, seen: number): void {
      if (framesThisRun === 0) stage = 'restoring';
      framesThisRun += frames;
      frame += frames;
      if (total !== null) total = Math.max(total, seen);
      if (span && span.ticks > 0) share = Math.min(1, Math.max(0, (pts - span.from) / span.ticks));
      send();
    },
  };
}
