import { RemasterError, StoppedError } from '../../../errors';
import type { Model } from '../../../model/model';
import type { ChosenModel } from '../../../settings/chooseModel';
import { imageNameOf } from '../../../settings/imageOutput';
import type { Job, Progress, Result } from '../../../settings/restoreJob';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { frameMasker } from '../../frames/inpaint/maskFrames';
import { type OpenModel, openModelFor, type ProcessorTools } from '../../frames/processor';
import { suspicionWarnings } from '../../frames/suspicion';
import { type DecodeOptions, type FrameSource, openVideo } from '../../media/decode';
import type { Encoding } from '../../media/encode';
import { type FfmpegBinary, ffmpegWarnings } from '../../media/findFfmpeg';
import type { Frame, Rational } from '../../media/frame';
import { probe, type VideoInfo } from '../../media/probe';
import { readAs } from '../../media/reading';
import { readingStart } from '../../media/trim';
import { noFrames } from '../../media/unreadableMedia';
import { openOutputFolder, type OutputFolder } from '../outputFolder';
import { sizeOf } from '../sizeOf';
import { checkTarget, targetOf } from '../outputTarget';
import { endedTooSoon, untilBroken } from './brokenSource';
import { checkEncoder } from './checkEncoder';
import { watchSpace } from './diskSpace';
import { finishImages } from './finishImages';
import { finishOutput } from './finishOutput';
import { frameCount } from '../journal';
import { jobIdentity } from './jobIdentity';
import { estimatedSeconds, withJobModel } from './jobModel';
import { planEncoding } from './planEncoding';
import { expectedFrames, type ProgressMeter, progressMeter } from './progress';
import { restoreFrames } from './restoreFrames';
import { segmentWriter } from './segments';
import { tileSettings } from './tileSettings';
import { soundOf, tryOutput } from './trial';
import { orChanged } from './truncation';

/** The services a job uses, so that tests can replace them. */
export interface Tools extends ProcessorTools {
  readonly binary: FfmpegBinary;
  /** Called with the newest frame before and after the model; must not keep them. */
  readonly onFrame?: (before: Frame, after: Frame, pixelAspect: Rational) => void;
  /** Called with the folder a job works in, so that another process can delete it if this one dies. */
  readonly onTemporaryPath?: (path: string, gone: boolean) => void;
}

/** A job with everything it has opened. */
interface OpenJob {
  readonly job: Job;
  readonly tools: Tools;
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly info: VideoInfo;
  readonly opened: OpenModel;
  readonly encoding: Encoding;
  readonly folder: OutputFolder;
  /** Null where the job named its model. */
  readonly chosen: ChosenModel | null;
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
  const started = performance.now();
  const meter = progressMeter(onProgress);
  const sources = [given.input, ...(given.mask === null ? [] : [given.mask])];
  const images = imageNameOf(given);
  await checkTarget(await targetOf(given.output), given.overwrite, sources, images); // before a model is loaded, and again when it is
  meter.stage('probing');
  const source = await probe(tools.binary, given.input, signal, given.sequenceRate);
  const info = await readAs(tools.binary, source, given, signal);
  meter.expect(info, given);
  const { settings: job, chosen } = await withJobModel(given, tools, source, info, signal);

  meter.stage('loading');
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const openMask = (inpaint: InpaintSettings) => frameMasker(tools.binary, inpaint, info, job.sequenceRate, signal);
  await using opened = await openModelFor(job, { ...info, depth }, tools, openMask, signal);
  const { model, masker, finder } = opened;
  const encoding = planEncoding(tools.binary, job, source, info, model);
  const parts = { source: info.source, mask: masker?.source ?? null, model: model.info, encoding };
  const more = { faceFinder: finder?.version ?? null, crop: info.reading?.crop ?? null };
  const identity = await jobIdentity(job, { ...parts, ...more }).catch(orChanged(info, signal));
  const options = { ...job, ffmpeg: tools.binary.version, sources, chosen, images };
  const folder = await openOutputFolder(job.output, identity, options, signal);
  if (!job.resume) tools.onTemporaryPath?.(folder.folder, false);

  let keepSegments = false;
  let left: readonly string[] = [];
  let result: Omit<Result, 'elapsed' | 'fps'>;
  try {
    if (chosen) meter.chose({ ...chosen, seconds: await estimatedSeconds(job, info, model, signal) });
    result = await runJob({ job, tools, signal, meter, info, opened, encoding, folder, chosen });
  } catch (error) {
    keepSegments = canResume(folder, job, signal);
    throw signal.aborted ? signal.reason : await folder.explain(error);
  } finally {
    left = await folder.close({ keepSegments });
    if (!job.resume) tools.onTemporaryPath?.(folder.folder, true);
  }
  const elapsed = (performance.now() - started) / 1000;
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
  const { job, tools, signal, meter, info, encoding, folder } = open;
  const { model, isForFaces } = open.opened;
  const space = await watchSpace(folder, encoding, { ...job, frames: expectedFrames(info, job) });
  await using writer = segmentWriter(tools.binary, folder, job.segment, encoding, space, signal);
  const resumedFrom = frameCount(folder.done);
  const trial = await tryOutput(tools.binary, folder, encoding, info, job, signal);
  const from = await readingStart(info.source, job.trim, signal);
  const options = { ...decodeOptions(job, encoding, model, from), sound: soundOf(trial) };
  const openSource = (): FrameSource => openVideo(tools.binary, info, options, signal);
  const warnings = [...ffmpegWarnings(tools.binary), ...(await checkEncoder(tools.binary, folder))];
  warnings.push(...(info.reading?.notes ?? []), ...suspicionWarnings(model.info));
  if (space.warning !== null) warnings.push(space.warning);
  if (folder.lost > 0)
    warnings.push(
      `${folder.lost} finished frames of the interrupted job were missing or incomplete and were made again.`,
    );
  meter.warn([...warnings, ...trial.warnings]);
  const tiles = isForFaces ? job : await tileSettings(job, model, info, openSource);
  const warn = (warning: string): void => void warnings.push(warning);
  const processor = open.opened.processor({ ...job, ...tiles }, warn, resumedFrom);
  meter.cacheStatsFrom(() => processor.cacheStats);

  await using source = untilBroken(openSource(), info, signal);
  meter.stage(resumedFrom > 0 ? 'resuming' : 'restoring');
  const times: number[] = []; // of all frames, 8 bytes each: `verify` compares the output with them
  meter.resume(resumedFrom);
  const parts = { source, from: options.from, processor, writer, times, finished: resumedFrom, depth: encoding.depth };
  const dropped = await restoreFrames({ ...open, ...open.opened, ...parts });
  await writer.finish();
  if (times.length < resumedFrom) throw await endedTooSoon(source, resumedFrom, info);
  if (times.length === 0) {
    const none = job.trim ? emptyTrim(job.trim, info) : noFrames(info.source, source.stderrTail());
    throw await orChanged(info, signal)(none);
  }

  meter.stage('finishing');
  const written = { segments: writer.segments, times, decoded: source.decoded, broken: source.broken() };
  const finish = imageNameOf(job) === null ? finishOutput : finishImages;
  const finished = await finish(tools.binary, folder, written, encoding, info, job, trial, signal);
  warnings.push(...finished.warnings);
  if (processor.faces?.found === 0 && resumedFrom === 0) warnings.push('No face was found; all frames are unchanged.');
  const { name, sha256, provider, steps } = model.info;
  return {
    output: finished.output,
    framesIn: times.length + dropped,
    framesOut: times.length,
    ...encoding.stored,
    bytes: await sizeOf(finished.output),
    resumedFrom,
    ...(job.preset !== null && { preset: job.preset }),
    model: { name, sha256, provider, steps, ...(open.chosen && { reason: open.chosen.reason }) },
    faces: processor.faces,
    cacheStats: processor.cacheStats,
    warnings,
  };
}

function decodeOptions(
  { temporalDenoise, hwaccel }: Job,
  { colour, depth }: Encoding,
  model: Model,
  from: number,
): DecodeOptions {
  const withShotFirstFrame = model.prompt !== undefined;
  return { colour, depth, temporalDenoise, hwaccel, withShotFirstFrame, from };
}

const emptyTrim = ({ start }: NonNullable<Job['trim']>, { source, duration }: VideoInfo): RemasterError =>
  new RemasterError('BAD_SETTING', `${source.path} has no frame in the range that starts at ${start} s.`, {
    remedy: duration === null ? 'Choose an earlier start.' : `The video lasts ${duration} s; choose a range within it.`,
  });
