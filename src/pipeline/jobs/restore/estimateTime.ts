import type { JobEstimate } from '../../../settings/estimate';
import { canBeChosen } from '../../../settings/chooseModel';
import { secondsPerFrame, timeTile } from '../../frames/timeTile';
import { frameCount } from '../segment';
import type { OutputFolder } from '../outputFolder';
import { measureFrames, type OpenStages } from './measureFrames';
import { expectedFrames } from './progress';
import { type ComparisonTools, timeModels, wholeFrame } from './timeModels';

export type { ComparisonTools } from './timeModels';

/** A job that takes longer says so before its first frame, in seconds. */
const LONG = 600;
/** The slowest model in the package takes 31 µs for a source pixel on two cores (x4, 4 steps). */
const SHORT_PIXELS = LONG / 2 / 100e-6;
/** One tile does not show the encoder: a job that seems to take so long is measured. */
const MEASURED_FROM = LONG / 2;
/** Frames that are measured, and the share of the frames of a job that they may be. */
const FRAMES = 3;
const SHARE = 1 / 100;

/** The time of a job that is about to run. */
export interface JobTime {
  /** Null when it is unknown. */
  readonly seconds: number | null;
  /** Null unless the job takes longer than ten minutes. */
  readonly estimate: JobEstimate | null;
}

/**
 * Measures a job that is about to run: with one tile, and if it seems to be long, with some of its frames. What cannot be
 * measured has no time: the job itself says what fails.
 */
export async function longJobTime({
  tools,
  folder,
  isWanted,
  ...given
}: Omit<OpenStages, 'binary'> & {
  readonly tools: Pick<OpenStages, 'binary'> & { readonly comparison?: ComparisonTools };
  readonly folder: OutputFolder;
  /** Its seconds are told in any case. */
  readonly isWanted: boolean;
}): Promise<JobTime> {
  const { binary, comparison } = tools;
  const stages = { ...given, binary };
  const { signal } = stages;
  const frames = framesLeft(stages, frameCount(folder.done));
  if (frames === null || (!isWanted && (!comparison || isShort(stages, frames))))
    return { seconds: null, estimate: null };
  try {
    const seconds = frames * (await tileSeconds(stages));
    if (seconds < MEASURED_FROM) return { seconds, estimate: null };
    const count = Math.min(FRAMES, Math.max(1, Math.floor(frames * SHARE)));
    const estimate = await estimateTime(stages, folder.folder, { frames, count, comparison, alike: true });
    return { seconds: estimate?.seconds ?? seconds, estimate: (estimate?.seconds ?? 0) > LONG ? estimate : null };
  } catch {
    signal.throwIfAborted();
    return { seconds: null, estimate: null };
  }
}

/** Whether a job is short with any of the models in the package, so that no tile has to be timed. */
const isShort = ({ info, opened }: Pick<OpenStages, 'info' | 'opened'>, frames: number): boolean =>
  canBeChosen(opened.model.info.name) && frames * info.width * info.height < SHORT_PIXELS;

/** Frames that a job has left to restore; null when unknown. */
export function framesLeft({ info, job }: Pick<OpenStages, 'info' | 'job'>, done: number): number | null {
  const frames = expectedFrames(info, job);
  return frames === null ? null : Math.max(0, frames - done);
}

/** Seconds of one frame, by one tile; of a face model, of a frame with one face. */
async function tileSeconds({ info, opened, signal }: OpenStages): Promise<number> {
  const tile = await timeTile(opened.model, info.pixels.bitDepth > 8 ? 16 : 8, signal, info);
  return opened.isForFaces ? tile.ms / 1000 : secondsPerFrame(info, tile);
}

interface Wanted {
  /** Frames that the job has left; null when unknown. */
  readonly frames: number | null;
  /** Frames to measure. */
  readonly count: number;
  /** Absent: no other model is timed. */
  readonly comparison: ComparisonTools | undefined;
  /** Compares only models whose result has the same size. */
  readonly alike: boolean;
}

/** Measures a job on some of its frames. Null: its source has none. `folder`: for temporary files. */
export async function estimateTime(
  stages: OpenStages,
  folder: string,
  { frames, count, comparison, alike }: Wanted,
): Promise<JobEstimate | null> {
  const time = await measureFrames(stages, folder, count);
  if (time === null) return null;
  const { job, opened } = stages;
  const each = wholeFrame(time, opened.model);
  const none = { others: [], untimed: [] };
  const compared = comparison ? await timeModels(stages, comparison, time, frames, alike) : none;
  return {
    frames,
    measuredOn: time.frames,
    secondsPerFrame: each,
    seconds: frames === null ? null : frames * each,
    skipsUnchanged: job.tileCache !== null && job.noise === 'shared' && !opened.isForFaces,
    ...compared,
  };
}

/** Frames that an estimate is measured on. */
export const MEASURED_FRAMES = FRAMES;
