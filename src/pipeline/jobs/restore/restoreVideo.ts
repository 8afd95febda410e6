import { RemasterError, StoppedError } from '../../../errors';
import { imageNameOf } from '../../../settings/imageOutput';
import type { Job, Progress, Result } from '../../../settings/restoreJob';
import { probe, type VideoInfo } from '../../media/probe';
import { readAs } from '../../media/reading';
import { noFrames } from '../../media/unreadableMedia';
import { checkCompanions } from '../companions';
import { openOutputFolder, type OutputFolder } from '../outputFolder';
import { checkTarget, targetOf } from '../outputTarget';
import { frameCount } from '../segment';
import { sizeOf } from '../sizeOf';
import { workFolder } from '../workFolder';
import { type BeforeFrames, beforeFrames } from './beforeFrames';
import { endedTooSoon, untilBroken } from './brokenSource';
import { finishImages } from './finishImages';
import { finishOutput, type Publish, type WrittenVideo } from './finishOutput';
import { encoderBefore, withJobModel } from './jobModel';
import { openJob } from './openJob';
import { type MadeFrames, ownFrames } from './ownFrames';
import { progressMeter } from './progress';
import { companionPaths } from './record/recording';
import type { RunningJob, Tools } from './runningJob';
import { shareFrames } from './shareFrames';
import { orChanged } from './truncation';

export type { Tools };

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
  let result: JobResult;
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

type JobResult = Omit<Result, 'elapsed' | 'fps'>;

/** What was made is in the partial result of a damaged source, once that is there. */
function canResume(folder: OutputFolder, job: Job, signal: AbortSignal): boolean {
  if (!job.resume) return false;
  const isDiscarded = signal.aborted && signal.reason instanceof StoppedError && !signal.reason.keep;
  return !folder.isPublished() && !isDiscarded;
}

/** Decodes, upscales and writes all frames, then finishes the output. */
async function runJob(running: RunningJob): Promise<JobResult> {
  const { job, meter, signal, info, folder, farm } = running;
  const resumedFrom = frameCount([...folder.done, ...folder.later.values()]);
  const before = await beforeFrames(running);
  const added: string[] = [];
  await using source = untilBroken(before.openSource(), info, signal);
  meter.stage(resumedFrom > 0 ? 'resuming' : 'restoring');
  const times: number[] = []; // of all frames, 8 bytes each: `verify` compares the output with them
  meter.resume(resumedFrom);
  let dropped = 0;
  const kept = { source, info, job, times, onDrop: () => void dropped++ };
  const { tiles, space, sound } = before;
  const parts = { ...running, kept, tiles, space, warn: (warning: string): void => void added.push(warning) };
  const frames = farm ? await shareFrames({ ...parts, farm, sound }) : await ownFrames(parts, before.from);
  if (times.length < resumedFrom) throw await endedTooSoon(source, resumedFrom, info);
  if (times.length === 0) {
    const none = job.trim ? emptyTrim(job.trim, info) : noFrames(info.source, source.stderrTail());
    throw await orChanged(info, signal)(none);
  }
  const written = { times, decoded: source.decoded, broken: source.broken(), resumedFrom, dropped };
  return await finishJob(running, { ...before, warnings: [...before.warnings, ...added] }, frames, written);
}

/** What was read: `times` of the frames in ticks, `dropped` those that the job leaves out. */
interface ReadFrames extends Omit<WrittenVideo, 'segments'> {
  readonly resumedFrom: number;
  readonly dropped: number;
}

/** Joins the segments, with sound and everything else that the output carries, and publishes it. */
async function finishJob(
  running: RunningJob,
  { recording, trial, sound, tiles, warnings }: BeforeFrames,
  { segments, faces, cacheStats, workers }: MadeFrames,
  { resumedFrom, dropped, ...read }: ReadFrames,
): Promise<JobResult> {
  const { job, tools, signal, meter, info, encoding, folder, chosen } = running;
  meter.stage('finishing');
  const publish: Publish = (file, more) => {
    if (recording === null) return folder.publish(file);
    const frames = { segments, sound, tiles, cacheStats };
    return recording.publish(file, { ...frames, resumedFrom, warnings: [...warnings, ...more] });
  };
  const finish = imageNameOf(job) === null ? finishOutput : finishImages;
  const written = { ...read, segments };
  const finished = await finish(tools.binary, folder, written, encoding, info, job, trial, signal, publish);
  const noFace = faces?.found === 0 && resumedFrom === 0 ? ['No face was found; all frames are unchanged.'] : [];
  const { name, sha256, provider, steps } = running.opened.model.info;
  return {
    output: finished.output,
    framesIn: read.times.length + dropped,
    framesOut: read.times.length,
    ...encoding.stored,
    bytes: await sizeOf(finished.output),
    resumedFrom,
    encoder: encoding.codec.encoder,
    ...(job.preset !== null && { preset: job.preset }),
    model: { name, sha256, provider, steps, ...(chosen && { reason: chosen.reason }) },
    ...{ faces, cacheStats, warnings: [...warnings, ...finished.warnings, ...noFace] },
    ...(workers && { workers }),
  };
}

const emptyTrim = ({ start }: NonNullable<Job['trim']>, { source, duration }: VideoInfo): RemasterError =>
  new RemasterError('BAD_SETTING', `${source.path} has no frame in the range that starts at ${start} s.`, {
    remedy: duration === null ? 'Choose an earlier start.' : `The video lasts ${duration} s; choose a range within it.`,
  });
