import { type JobEstimate, LONG_JOB } from '../../../settings/estimate';
import { restoredFrames, restoredSeconds } from '../../../settings/frameCount';
import type { AutoModel, Job, Progress, CacheStats, Stage } from '../../../settings/restoreJob';
import type { FarmCounts } from './segmentFarm';
import type { VideoInfo } from '../../media/probe';

export type ProgressMeter = ReturnType<typeof progressMeter>;

/** Frames that a job is measured on while it runs. */
const MEASURED = 3;

/** Counts frames and reports progress. */
export function progressMeter(report: (progress: Progress) => void) {
  let cacheStats = (): CacheStats | null => null;
  let stage: Stage = 'probing';
  let frame = 0;
  let framesThisRun = 0;
  let warnings: readonly string[] = [];
  let auto: AutoModel | null = null;
  let estimate: JobEstimate | null = null;
  let onTheWay: Pick<JobEstimate, 'skipsUnchanged'> | null = null;
  let total: number | null = null;
  let share: number | null = null;
  let workers: FarmCounts['workers'] | null = null;
  let notes: readonly string[] = [];
  let waitsFor: readonly string[] = [];
  let since = 0;
  let span: { from: number; ticks: number } | null = null;
  const send = (): void => {
    const seconds = (performance.now() - since) / 1000;
    const own = framesThisRun > 0 && seconds > 0 ? framesThisRun / seconds : null;
    const fps = workers === null ? own : workers.reduce((sum, worker) => sum + (worker.fps ?? 0), 0) || own;
    const eta = stage === 'finishing' ? 0 : fps && total !== null ? Math.max(0, total - frame) / fps : null;
    const part = stage === 'finishing' ? 1 : share;
    const known = { stage, frame, total, share: part, fps, eta, cacheStats: cacheStats() };
    const said = [...warnings, ...notes, ...waitsFor];
    const told = { ...(auto && { auto }), ...(estimate && { estimate }), ...(workers && { workers }) };
    report({ ...known, ...told, ...(said.length > 0 && { warnings: said }) });
  };
  /** The time of the whole job, by its first frames; null for a short one. */
  const byFirstFrames = (job: Pick<JobEstimate, 'skipsUnchanged'>): JobEstimate | null => {
    if (total === null) return null;
    const secondsPerFrame = (performance.now() - since) / 1000 / framesThisRun;
    const frames = total - frame + framesThisRun;
    const time = { frames, measuredOn: framesThisRun, secondsPerFrame, seconds: frames * secondsPerFrame };
    return time.seconds > LONG_JOB ? { ...time, ...job, others: [], untimed: [] } : null;
  };
  return {
    stage(value: Stage): void {
      stage = value;
      send();
    },
    /** Sets the model that was chosen. */
    chose(model: AutoModel): void {
      auto = model;
      send();
    },
    /** Sets the time of a long job. */
    estimated(long: JobEstimate): void {
      estimate = long;
      send();
    },
    /** The first frames show whether the job is long: it was not measured before. */
    measureOnTheWay(skipsUnchanged: boolean): void {
      onTheWay = { skipsUnchanged };
    },
    /** Sets the warnings that are known before the first frame. */
    warn(known: readonly string[]): void {
      warnings = known;
      if (known.length > 0) send();
    },
    expect(info: VideoInfo, job: Job): void {
      const { timeBase } = info;
      const seconds = restoredSeconds(info, job);
      if (seconds === null) return;
      const from = job.trim?.start ?? 0;
      span = { from: (from * timeBase.den) / timeBase.num, ticks: (seconds * timeBase.den) / timeBase.num };
      total = expectedFrames(info, job);
    },
    /** Sets the source of the cache statistics. */
    cacheStatsFrom(value: () => CacheStats | null): void {
      cacheStats = value;
    },
    /** Sets what several machines have made. `seen`: frames of the source so far. */
    share(frames: number, seen: number, counts: FarmCounts): void {
      if (counts.frames > 0) stage = 'restoring';
      framesThisRun = counts.frames;
      ({ workers } = counts);
      notes = [...new Set([...notes, ...counts.notes])];
      waitsFor = counts.waitsFor === null ? [] : [counts.waitsFor];
      frame = frames;
      if (total !== null) total = Math.max(total, seen);
      share = total === null ? null : Math.min(1, frame / total);
      send();
    },
    /** What other machines have told. */
    notes: () => notes,
    resume(done: number): void {
      frame = done;
      since = performance.now();
    },
    advance(frames: number, pts: number, seen: number): void {
      if (framesThisRun === 0) stage = 'restoring';
      framesThisRun += frames;
      frame += frames;
      if (total !== null) total = Math.max(total, seen);
      if (onTheWay && framesThisRun >= MEASURED) {
        estimate = byFirstFrames(onTheWay);
        onTheWay = null;
      }
      if (span && span.ticks > 0) share = Math.min(1, Math.max(0, (pts - span.from) / span.ticks));
      send();
    },
  };
}

/** Frames of the output, by duration and frame rate; null if one is unknown. */
export function expectedFrames(info: VideoInfo, job: Pick<Job, 'trim' | 'maxFps'>): number | null {
  const frames = restoredFrames({ fps: info.framesPerSecond, duration: info.duration }, job);
  const { sequence, bytes } = info.source;
  if (frames === null) return null;
  return sequence === null && frames > bytes ? null : frames; // a damaged header says any duration, but a frame has bytes
}
