import { stat } from 'node:fs/promises';
import { concatMap, lastValueFrom, tap } from 'rxjs';
import { BackpressureWindow } from '../../../async/backpressure';
import { inBatches } from '../../../async/batches';
import { RemasterError, StoppedError } from '../../../errors';
import type { FaceFinder, Model, ModelRequest } from '../../../model/model';
import type { Job, Progress, Result } from '../../../settings/restoreJob';
import { chooseBatchSize } from '../../frames/chooseBatchSize';
import { chooseTileSize } from '../../frames/chooseTileSize';
import { faceSettings } from '../../frames/face/faceSettings';
import { faceProcessor } from '../../frames/face/restoreFaces';
import { inpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { frameMasker } from '../../frames/inpaint/maskFrames';
import { maskedTilesOnly } from '../../frames/inpaint/maskedTilesOnly';
import { modelRequest, wantedScale } from '../../frames/modelRequest';
import { tileProcessor } from '../../frames/upscaleTiles';
import { resolveCodec } from '../../media/codecs';
import { resolveColour } from '../../media/colour';
import { type FrameSource, openVideo } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame, Rational } from '../../media/frame';
import { mux, verify } from '../../media/mux';
import { noFrames, probe, type VideoInfo } from '../../media/probe';
import { limitFrameRate, limitHeight, scaledSize } from '../../media/resize';
import { SEEK_MARGIN, trimFrames } from '../../media/trim';
import { pullFrames } from '../../operators/pullFrames';
import { openOutputFolder, jobKey, unwritable, workFolder } from '../outputFolder';
import { progressMeter } from './progress';
import { segmentWriter } from './segments';
import { sourceDamage, partialName, damageError } from './truncation';

/** One group of frames being read, one in the model, one being written. */
const STAGES = 3;

/** Pixels of one output frame at most: 1 GiB of memory for the sums of its tiles. */
const LARGEST_FRAME = 2 ** 28;

/** Everything a job needs from outside, so a test can hand in its own. */
export interface Tools {
  readonly binary: FfmpegBinary;
  openModel(request: ModelRequest): Promise<Model>;
  /** For face models. */
  openFaceFinder?(): FaceFinder;
  /** Told of the newest frame, and what became of it; must not keep them. */
  readonly onFrame?: (before: Frame, after: Frame, pixelAspect: Rational) => void;
  /** Told of the folder a job works in, so that somebody else can remove it if this process dies. */
  readonly onTemporaryPath?: (path: string, gone: boolean) => void;
}

/**
 * Runs a job from file to file. Settles, well or not, only after every process it started is gone. To stop it, abort
 * `signal`: with `StoppedError(true)` a job that may resume keeps its finished segments, else nothing stays.
 */
export async function restoreVideo(
  job: Job,
  tools: Tools,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Result> {
  const started = performance.now();
  const meter = progressMeter(onProgress);
  meter.stage('probing');
  const whole = await probe(tools.binary, job.input, signal, job.sequenceRate);
  const info = limitHeight(whole, job.maxHeight);
  const depth: 8 | 16 = info.bitDepth > 8 ? 16 : 8;
  meter.expect(info, job);

  meter.stage('loading');
  await using model = await tools.openModel({ ...modelRequest(job), depth });
  signal.throwIfAborted();
  const facesBy = faceSettings(job, model.info, info);
  const holes = inpaintSettings(job, model.info);
  await using marker = holes === null ? null : await frameMasker(tools.binary, holes, info, job.sequenceRate, signal);
  await using finder = facesBy === 'detect' ? tools.openFaceFinder!() : null;
  const [width, height] = [info.width * model.info.scale, info.height * model.info.scale];
  const stored = scaledSize(info, wantedScale(job, model));
  if (width * height > LARGEST_FRAME) {
    throw new RemasterError('FRAME_TOO_LARGE', `The result would be ${width}×${height}, more than remaster can hold.`, {
      remedy: 'Use a model with a smaller scale, or scale the source down first.',
    });
  }
  const colour = resolveColour(whole.colour, whole); // what is not tagged is guessed by the size of the file's own picture
  const codec = resolveCodec(tools.binary, job, {
    output: job.output,
    ...stored,
    depth,
    isRgb: info.isRgb,
  });
  const place = await openOutputFolder(
    job.output,
    identity(job, info, model, [finder?.version, marker?.version], tools.binary),
    job,
  );
  const folder = workFolder(job.output);
  if (!job.resume) tools.onTemporaryPath?.(folder, false);

  let keep = false;
  try {
    await using sink = segmentWriter(
      tools.binary,
      place,
      job.segment,
      {
        codec,
        colour,
        width,
        height,
        stored,
        depth,
        pixelAspect: info.pixelAspect,
        timeBase: info.timeBase,
        framesPerSecond: info.framesPerSecond,
      },
      signal,
    );
    const warnings: string[] = [];
    const faces = facesBy === null ? null : faceProcessor(model, finder, job);
    const filling = marker ? maskedTilesOnly(model) : model;
    const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
    const from = Math.max(0, (job.trim?.start ?? 0) - SEEK_MARGIN);
    const { temporalDenoise, hwaccel } = job;
    const withShotFirstFrame = model.prompt !== undefined;
    const decoding = { colour, depth, deinterlace, temporalDenoise, hwaccel, withShotFirstFrame, from };
    const open = (): FrameSource => openVideo(tools.binary, info, decoding, signal);
    const cut = faces ? job : await tileSettings(job, model, info, open);
    const resumedFrom = place.done.reduce((sum, { frames }) => sum + frames, 0);
    const warn = (warning: string): void => void warnings.push(warning);
    const enhance = faces ?? tileProcessor(filling, info, { ...job, ...cut }, warn, resumedFrom);
    meter.saves(() => enhance.cacheStats);
    let group = job.batch; // null: settled when the first frame has shown how long a tile takes
    await using source = open();
    const times: number[] = []; // of all frames, 8 bytes each: the last check compares the file with them
    const window = new BackpressureWindow(STAGES);

    meter.stage(resumedFrom > 0 ? 'resuming' : 'restoring');
    let dropped = 0;
    const chosen = limitFrameRate(trimFrames(source, info, job), info, job.maxFps, () => dropped++);
    const marked = marker ? marker.maskFrames(chosen, from) : chosen;
    const wanted = skipFinished(marked, resumedFrom, times);
    const written = pullFrames(
      inBatches(wanted, () => group ?? 1),
      window,
    ).pipe(
      concatMap(async (frames) => {
        const enhanced = await enhance.run(frames, signal);
        group ??= await chooseBatchSize(model, enhance.tile, depth, signal, enhance.tileMs);
        tools.onFrame?.(frames.at(-1)!, enhanced.at(-1)!, info.pixelAspect);
        return enhanced;
      }),
      concatMap(async (frames) => {
        for (const frame of frames) await sink.write(frame);
        meter.advance(frames.length, frames.at(-1)!.pts, times.length);
      }),
      tap(() => window.release()),
    );
    meter.resume(resumedFrom);
    await lastValueFrom(written, { defaultValue: undefined });
    await sink.finish();
    if (times.length === 0) throw job.trim ? nothingThere(job.trim, info) : noFrames(info.source, source.stderrTail());

    meter.stage('finishing');
    const file = `whole.${codec.container}`;
    const target = { path: `${place.folder}/${file}`, codec, info, job };
    warnings.push(...(await mux(tools.binary, place.folder, sink.segments, target, signal)));
    await verify(
      tools.binary,
      target.path,
      { pts: times, timeBase: info.timeBase, from: job.trim?.start ?? 0 },
      signal,
    );
    if (faces?.count.found === 0 && resumedFrom === 0) warnings.push('No face was found; every frame is as it was.');
    const torn = await sourceDamage(info, job, times.at(-1)!, source.stderrTail());
    const output = await place.publish(file, torn ? partialName(place.output) : place.output);
    if (torn) throw damageError(torn, info, output);
    const elapsed = (performance.now() - started) / 1000;
    const { name, sha256, provider, steps } = model.info;
    return {
      output,
      framesIn: times.length + dropped,
      framesOut: times.length,
      ...stored,
      elapsed,
      fps: (times.length - resumedFrom) / elapsed,
      bytes: (await stat(output)).size,
      resumedFrom,
      model: { name, sha256, provider, steps },
      faces: faces?.count ?? null,
      cacheStats: enhance.cacheStats,
      warnings,
    };
  } catch (error) {
    const stopped = signal.aborted && signal.reason instanceof StoppedError ? signal.reason : null;
    const isTorn =
      error instanceof RemasterError && (error.code === 'SOURCE_TRUNCATED' || error.code === 'SOURCE_CHANGED');
    keep = job.resume && !isTorn && (stopped ? stopped.keep : true);
    throw signal.aborted ? signal.reason : unwritable(place.output, error);
  } finally {
    await place.close(keep).catch(() => {}); // the error that brought us here is the one to tell
    if (!job.resume) tools.onTemporaryPath?.(folder, true);
  }
}

/** The tiles that were asked for; else, where much of the film stands still, small ones; else the model's own. */
async function tileSettings(
  { tile, overlap, tileCache, noise, maxFps, trim }: Job,
  { info }: Model,
  film: VideoInfo,
  open: () => FrameSource,
): Promise<Pick<Job, 'tile' | 'overlap'>> {
  if (tile !== null || tileCache === null || noise !== 'shared') return { tile, overlap };
  await using source = open();
  const frames = limitFrameRate(trimFrames(source, film, { trim }), film, maxFps, () => {});
  return (await chooseTileSize(frames, info, film, { tileCache, overlap })) ?? { tile, overlap }; // before the source is closed
}

const nothingThere = ({ start }: NonNullable<Job['trim']>, { source, duration }: VideoInfo): RemasterError =>
  new RemasterError('BAD_SETTING', `${source.path} has no frame in the part that begins at ${start} s.`, {
    remedy: duration === null ? 'Begin earlier.' : `It lasts ${duration} s; choose a part of it.`,
  });
/** Everything that decides the bytes of the segments. */
const identity = (
  job: Job,
  { source }: VideoInfo,
  { info }: Model,
  versions: readonly unknown[],
  binary: FfmpegBinary,
): string => {
  const {
    overwrite: _,
    resume: __,
    output: ___,
    model: ____,
    audio: _____,
    extras: ______,
    concurrency: _______,
    ...settings
  } = job;
  return jobKey([settings, source, info.sha256, info.provider, versions, binary.version]);
};

/** Notes every frame's time, and leaves out the frames an earlier run has finished. Decoding them again keeps cuts and order exact. */
async function* skipFinished(frames: AsyncIterable<Frame>, skip: number, times: number[]): AsyncGenerator<Frame> {
  for await (const frame of frames) {
    times.push(frame.pts);
    if (times.length > skip) yield frame;
  }
}
