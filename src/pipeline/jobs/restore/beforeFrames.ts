import { suspicionWarnings } from '../../frames/suspicion';
import { type FrameSource, openVideo } from '../../media/decode';
import { ffmpegWarnings } from '../../media/findFfmpeg';
import { readingStart } from '../../media/trim';
import { checkEncoder } from './checkEncoder';
import { decodeOptions } from './decodeOptions';
import { type SpaceWatch, watchSpace } from './diskSpace';
import { longJobTime, skipsUnchanged } from './estimateTime';
import { expectedFrames } from './progress';
import { openRecording, type Recording } from './record/openRecording';
import type { RunningJob } from './runningJob';
import { tileSettings } from './tileSettings';
import { soundOf, type Trial, tryOutput } from './trial';

/** What a job finds out before its first frame. */
export interface BeforeFrames {
  readonly space: SpaceWatch;
  /** Null: no record. */
  readonly recording: Recording | null;
  /** Seconds before which the source has no frames of the job. */
  readonly from: number;
  readonly trial: Trial;
  /** The streams of sound that the output gets. */
  readonly sound: readonly number[];
  readonly tiles: Awaited<ReturnType<typeof tileSettings>>;
  /** Those of `trial` are not among them. */
  readonly warnings: readonly string[];
  openSource(): FrameSource;
}

/** Tries the output and analyses the source, warns, and estimates the time. */
export async function beforeFrames(running: RunningJob): Promise<BeforeFrames> {
  const { job, tools, signal, meter, info, encoding, folder, decoder, opened } = running;
  const expected = expectedFrames(info, job);
  const space = await watchSpace(folder, encoding, { ...job, frames: expected });
  const recording = await openRecording(running, expected);
  const from = await readingStart(info.source, job.trim, signal);
  const reading = { ...decodeOptions(job, encoding, opened.model, from), decoder };
  const analysing = opened.isForFaces
    ? Promise.resolve(job)
    : tileSettings(job, opened.model, info, () => openVideo(tools.binary, info, reading, signal));
  const trying = tryOutput(tools.binary, folder, encoding, info, job, signal, tools.earlierTrials);
  await Promise.allSettled([analysing, trying]); // none of their ffmpegs outlives an error of the other
  const trial = await trying;
  const warnings = await warningsBefore(running, space);
  meter.warn([...warnings, ...trial.warnings]);
  const tiles = await analysing;
  await tellTime(running);
  const sound = soundOf(trial);
  const openSource = (): FrameSource => openVideo(tools.binary, info, { ...reading, sound }, signal);
  return { space, recording, from, trial, sound, tiles, warnings, openSource };
}

async function warningsBefore(running: RunningJob, space: SpaceWatch): Promise<string[]> {
  const { tools, info, folder, opened } = running;
  const warnings = [...running.warnings, ...ffmpegWarnings(tools.binary)];
  warnings.push(...(await checkEncoder(tools.binary, folder)));
  warnings.push(...(info.reading?.notes ?? []), ...suspicionWarnings(opened.model.info));
  if (space.warning !== null) warnings.push(space.warning);
  if (folder.lost > 0)
    warnings.push(
      `${folder.lost} finished frames of the interrupted job were missing or incomplete and were made again.`,
    );
  return warnings;
}

async function tellTime(running: RunningJob): Promise<void> {
  const { meter, farm, chosen } = running;
  const time = farm ? UNKNOWN_TIME : await longJobTime(running);
  if (chosen) meter.chose({ ...chosen, seconds: time.seconds });
  if (time.estimate) meter.estimated(time.estimate);
  if (!time.isMeasured) meter.measureOnTheWay(skipsUnchanged(running));
}

/** What this machine takes says nothing about others. */
const UNKNOWN_TIME = { seconds: null, estimate: null, isMeasured: true };
