import type { ChosenModel } from '../../../settings/chooseModel';
import { type JobEstimate, LONG_JOB } from '../../../settings/estimate';
import { secondsPerFrame, TILE_SIDE, timeTile } from '../../frames/timeTile';
import { frameCount } from '../segment';
import type { OutputFolder } from '../outputFolder';
import { measureFrames, type OpenStages } from './measureFrames';
import { expectedFrames } from './progress';
import { type ComparisonTools, timeModels, wholeFrame } from './timeModels';

export type { ComparisonTools } from './timeModels';

/** One tile does not show the encoder: a job that seems to take so long is measured. */
const MEASURED_FROM = LONG_JOB / 2;
/** Tiles of a job from which on two more of them are no loss. */
const MANY_TILES = 300;
/** Frames that are measured, and the share of the frames of a job that they may be. */
const FRAMES = 3;
const SHARE = 1 / 100;

/** The time of a job that is about to run. */
export interface JobTime {
  /** Null when it is unknown. */
  readonly seconds: number | null;
  /** Null unless the job takes longer than ten minutes. */
  readonly estimate: JobEstimate | null;
  /** False: the first frames of the job itself show how long it takes. */
  readonly isMeasured: boolean;
}

/**
 * Measures a job that is about to run: with one tile, and if it seems to be long, with some of its frames. A small job is
 * not measured, unless its model was `chosen`. What cannot be measured has no time: the job itself says what fails.
 */
export async function longJobTime({
  tools,
  folder,
  chosen,
  ...given
}: Omit<OpenStages, 'binary'> & {
  readonly tools: Pick<OpenStages, 'binary'> & { readonly comparison?: ComparisonTools };
  readonly folder: OutputFolder;
  readonly chosen: ChosenModel | null;
}): Promise<JobTime> {
  const { binary, comparison } = tools;
  const stages = { ...given, binary };
  const { signal } = stages;
  const frames = framesLeft(stages, frameCount(folder.done));
  if (frames === null || (chosen === null && (!comparison || frames * tilesOf(given.info) < MANY_TILES)))
    return UNMEASURED;
  try {
    const seconds = frames * (await tileSeconds(stages));
    if (seconds < MEASURED_FROM) return { seconds, estimate: null, isMeasured: true };
    const count = Math.min(FRAMES, Math.max(1, Math.floor(frames * SHARE)));
    const estimate = await estimateTime(stages, folder.folder, { frames, count, comparison, alike: true });
    const isLong = (estimate?.seconds ?? 0) > LONG_JOB;
    return { seconds: estimate?.seconds ?? seconds, estimate: isLong ? estimate : null, isMeasured: true };
  } catch {
    signal.throwIfAborted();
    return UNMEASURED;
  }
}

const UNMEASURED: JobTime = { seconds: null, estimate: null, isMeasured: false };

/** Tiles of a frame, as they are timed. */
const tilesOf = ({ width, height }: OpenStages['info']): number =>
  (width * height) / (Math.min(TILE_SIDE, width) * Math.min(TILE_SIDE, height));

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
  const each = wholeFrame(time, stages.opened.model);
  const none = { others: [], untimed: [] };
  const compared = comparison ? await timeModels(stages, comparison, time, frames, alike) : none;
  return {
    frames,
    measuredOn: time.frames,
    secondsPerFrame: each,
    seconds: frames === null ? null : frames * each,
    skipsUnchanged: skipsUnchanged(stages),
    ...compared,
  };
}

/** Whether areas that do not change take no time. */
export const skipsUnchanged = ({ job, opened }: Pick<OpenStages, 'job' | 'opened'>): boolean =>
  job.tileCache !== null && job.noise === 'shared' && !opened.isForFaces;

/** Frames that an estimate is measured on. */
export const MEASURED_FRAMES = FRAMES;
