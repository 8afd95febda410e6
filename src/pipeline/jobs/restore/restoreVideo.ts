import { RemasterError, StoppedError } from '../../../errors';
import type { ChosenModel } from '../../../settings/chooseModel';
import { imageNameOf } from '../../../settings/imageOutput';
import type { Job, Progress, Result } from '../../../settings/restoreJob';
import type { ProcessorTools } from '../../frames/processor';
import { suspicionWarnings } from '../../frames/suspicion';
import { type FrameSource, openVideo } from '../../media/decode';
import { type FfmpegBinary, ffmpegWarnings } from '../../media/findFfmpeg';
import type { Frame, Rational } from '../../media/frame';
import { probe, type VideoInfo } from '../../media/probe';
import { readAs } from '../../media/reading';
import { readingStart } from '../../media/trim';
import { noFrames } from '../../media/unreadableMedia';
import { checkCompanions } from '../companions';
import { openOutputFolder, type OutputFolder } from '../outputFolder';
import { sizeOf } from '../sizeOf';
import { checkTarget, targetOf } from '../outputTarget';
import { workFolder } from '../workFolder';
import { endedTooSoon, untilBroken } from './brokenSource';
import { checkEncoder } from './checkEncoder';
import { decodeOptions } from './decodeOptions';
import type { EarlierTrials } from './earlierTrials';
import { watchSpace } from './diskSpace';
import { finishImages } from './finishImages';
import { finishOutput, type Publish } from './finishOutput';
import { frameCount } from '../segment';
import { type ComparisonTools, longJobTime, skipsUnchanged } from './estimateTime';
import { encoderBefore, withJobModel } from './jobModel';
import { openJob, type OpenedJob } from './openJob';
import { ownFrames } from './ownFrames';
import { expectedFrames, type ProgressMeter, progressMeter } from './progress';
import { openRecording, type RecordTools } from './record/openRecording';
import { companionPaths } from './record/recording';
import type { SegmentFarm } from './segmentFarm';
import { shareFrames } from './shareFrames';
import { tileSettings } from './tileSettings';
import { soundOf, tryOutput } from './trial';
import { orChanged } from './truncation';

/** The services a job uses, so that tests can replace them. */
export interface Tools extends ProcessorTools {
  readonly binary: FfmpegBinary;
  /** Called with the newest frame before and after the model; must not keep them. */
  readonly onFrame?: (before: Frame, after: Frame, pixelAspect: Rational) => void;
  /** The models that a long job is compared with; without them it is not. */
  readonly comparison?: ComparisonTools;
  /** Called with the folder a job works in, so that another process can delete it if this one dies. */
  readonly onTemporaryPath?: (path: string, gone: boolean) => void;
  /** Of earlier jobs. */
  readonly earlierTrials?: EarlierTrials;
  /** For jobs with a record. */
  readonly record?: RecordTools;
  /** For jobs with a queue: the machines that work for it. Errors: those of the queue. */
  openFarm?(queue: string, signal: AbortSignal, onWait: (why: string) => void): Promise<SegmentFarm>;
}

/** A job with everything it has opened. */
interface OpenJob extends Omit<OpenedJob, typeof Symbol.asyncDispose> {
  readonly job: Job;
  readonly tools: Tools;
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly folder: OutputFolder;
  /** Null: this machine makes all segments. */
  readonly farm: SegmentFarm | null;
  /** Null where the job named its model. */
  readonly chosen: ChosenModel | null;
  readonly started: Date;
}

/**
 * Restores a video file. Settles only after every process it started has exited. To stop it, abort `signal`: with
 * `StoppedError(true)` a resumable job keeps its finished segments, otherwise all its files are deleted.
 */
export async function restoreVideo(
  given: Job,
  tools: Tools,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Result> {
  const started = new Date();
  const since = performance.now();
  const meter = progressMeter(onProgress);
  const sources = [given.input, ...(given.mask === null ? [] : [given.mask])];
  const target = await targetOf(given.output);
  const images = imageNameOf(given);
  const companions = companionPaths(given, target);
  await checkTarget(target, given.overwrite, sources, images); // before a model is loaded, and again when it is
  await checkCompanions(workFolder(target), companions, given.overwrite);
  meter.stage('probing');
  await using farm =
    given.queue === null ? null : await tools.openFarm!(given.queue, signal, (why) => meter.warn([why]));
  const source = await probe(tools.binary, given.input, signal, given.sequenceRate);
  const info = await readAs(tools.binary, source, given, signal);
  meter.expect(info, given);
  const { settings: job, chosen } = await withJobModel(given, tools, source, info, signal);

  meter.stage('loading');
  await using opened = await openJob(job, { source, info }, tools, await encoderBefore(job), signal);
  const { identity } = opened;
  const isRecorded = companions.length > 0;
  const options = { ...job, record: isRecorded, companions, ffmpeg: tools.binary.version, sources, chosen, images };
  const folder = await openOutputFolder(job.output, identity, options, signal);
  if (!job.resume) tools.onTemporaryPath?.(folder.folder, false);

  let keepSegments = false;
  let left: readonly string[] = [];
  let result: Omit<Result, 'elapsed' | 'fps'>;
  try {
    result = await runJob({ job, tools, signal, meter, ...opened, folder, farm, chosen, started });
  } catch (error) {
    keepSegments = canResume(folder, job, signal);
    throw signal.aborted ? signal.reason : await folder.explain(error);
  } finally {
    left = await folder.close({ keepSegments });
    if (!job.resume) tools.onTemporaryPath?.(folder.folder, true);
  }
  const elapsed = (performance.now() - since) / 1000;
  const fps = (result.framesOut - result.resumedFrom) / elapsed;
  return { ...result, warnings: [...result.warnings, ...left], elapsed, fps };
}

/** What was made is in the partial result of a damaged source, once that is there. */
function canResume(folder: OutputFolder, job: Job, signal: AbortSignal): boolean {
  if (!job.resume) return false;
  const isDiscarded = signal.aborted && signal.reason instanceof StoppedError && !signal.reason.keep;
  return !folder.isPublished() && !isDiscarded;
}

/** Decodes, upscales and writes all frames, then finishes the output. */
async function runJob(open: OpenJob): Promise<Omit<Result, 'elapsed' | 'fps'>> {
  const { job, tools, signal, meter, info, encoding, folder, farm, decoder } = open;
  const { model, isForFaces } = open.opened;
  const expected = expectedFrames(info, job);
  const space = await watchSpace(folder, encoding, { ...job, frames: expected });
  const resumedFrom = frameCount([...folder.done, ...folder.later.values()]);
  const recording = await openRecording(open, expected);
  const from = await readingStart(info.source, job.trim, signal);
  const reading = { ...decodeOptions(job, encoding, model, from), decoder };
  const analysed = isForFaces
    ? Promise.resolve(job)
    : tileSettings(job, model, info, () => openVideo(tools.binary, info, reading, signal));
  const trying = tryOutput(tools.binary, folder, encoding, info, job, signal, tools.earlierTrials);
  await Promise.allSettled([analysed, trying]); // none of their ffmpegs outlives an error of the other
  const trial = await trying;
  const options = { ...reading, sound: soundOf(trial) };
  const openSource = (): FrameSource => openVideo(tools.binary, info, options, signal);
  const warnings = [...open.warnings, ...ffmpegWarnings(tools.binary), ...(await checkEncoder(tools.binary, folder))];
  warnings.push(...(info.reading?.notes ?? []), ...suspicionWarnings(model.info));
  if (space.warning !== null) warnings.push(space.warning);
  if (folder.lost > 0)
    warnings.push(
      `${folder.lost} finished frames of the interrupted job were missing or incomplete and were made again.`,
    );
  meter.warn([...warnings, ...trial.warnings]);
  const tiles = await analysed;
  const time = farm ? UNKNOWN_TIME : await longJobTime(open);
  if (open.chosen) meter.chose({ ...open.chosen, seconds: time.seconds });
  if (time.estimate) meter.estimated(time.estimate);
  if (!time.isMeasured) meter.measureOnTheWay(skipsUnchanged(open));
  const warn = (warning: string): void => void warnings.push(warning);

  await using source = untilBroken(openSource(), info, signal);
  meter.stage(resumedFrom > 0 ? 'resuming' : 'restoring');
  const times: number[] = []; // of all frames, 8 bytes each: `verify` compares the output with them
  meter.resume(resumedFrom);
  let dropped = 0;
  const kept = { source, info, job, times, onDrop: () => void dropped++ };
  const parts = { ...open, kept, tiles, space, warn };
  const made = farm ? await shareFrames({ ...parts, farm, sound: options.sound }) : await ownFrames(parts, from);
  if (times.length < resumedFrom) throw await endedTooSoon(source, resumedFrom, info);
  if (times.length === 0) {
    const none = job.trim ? emptyTrim(job.trim, info) : noFrames(info.source, source.stderrTail());
    throw await orChanged(info, signal)(none);
  }

  meter.stage('finishing');
  const { segments, faces, cacheStats } = made;
  const written = { segments, times, decoded: source.decoded, broken: source.broken() };
  const publish: Publish = (file, more) => {
    if (recording === null) return folder.publish(file);
    const frames = { segments, sound: options.sound, tiles, cacheStats };
    return recording.publish(file, { ...frames, resumedFrom, warnings: [...warnings, ...more] });
  };
  const finish = imageNameOf(job) === null ? finishOutput : finishImages;
  const finished = await finish(tools.binary, folder, written, encoding, info, job, trial, signal, publish);
  warnings.push(...finished.warnings);
  if (faces?.found === 0 && resumedFrom === 0) warnings.push('No face was found; all frames are unchanged.');
  const { name, sha256, provider, steps } = model.info;
  return {
    output: finished.output,
    framesIn: times.length + dropped,
    framesOut: times.length,
    ...encoding.stored,
    bytes: await sizeOf(finished.output),
    resumedFrom,
    encoder: encoding.codec.encoder,
    ...(job.preset !== null && { preset: job.preset }),
    model: { name, sha256, provider, steps, ...(open.chosen && { reason: open.chosen.reason }) },
    ...{ faces, cacheStats, warnings, ...(made.workers && { workers: made.workers }) },
  };
}

/** What this machine takes says nothing about others. */
const UNKNOWN_TIME = { seconds: null, estimate: null, isMeasured: true };

const emptyTrim = ({ start }: NonNullable<Job['trim']>, { source, duration }: VideoInfo): RemasterError =>
  new RemasterError('BAD_SETTING', `${source.path} has no frame in the range that starts at ${start} s.`, {
    remedy: duration === null ? 'Choose an earlier start.' : `The video lasts ${duration} s; choose a range within it.`,
  });
