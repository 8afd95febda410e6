import { concat, defer, ignoreElements, map, type Observable, tap } from 'rxjs';
import { BackpressureWindow } from '../async/backpressure';
import { untilBroken } from '../pipeline/jobs/restore/brokenSource';
import { sourceLoss } from '../pipeline/jobs/restore/sourceLoss';
import { damageError } from '../pipeline/jobs/restore/truncation';
import { resolveColour } from '../pipeline/media/colour';
import { type FrameSource, openVideo } from '../pipeline/media/decode';
import { type FfmpegBinary, findFfmpeg } from '../pipeline/media/findFfmpeg';
import { probe } from '../pipeline/media/probe';
import { readAs } from '../pipeline/media/reading';
import { readingStart } from '../pipeline/media/trim';
import { limitFrameRate } from '../pipeline/operators/limitFrameRate';
import { pullFrames } from '../pipeline/operators/pullFrames';
import { trimFrames } from '../pipeline/operators/trimFrames';
import { withResource } from '../pipeline/operators/withResource';
import { type PresetWish, withPreset } from '../presets/withPreset';
import { FRAMES_ROWS } from '../settings/table';
import { checkFramesJob, type FramesJob } from '../settings/framesJob';
import type { FrameStream, VideoFile, VideoFrame } from './videoFrame';

/** How a file is read. */
export interface ReadOptions extends Partial<
  Pick<FramesJob, 'trim' | 'maxFps' | 'maxHeight' | 'sequenceRate' | 'deinterlace' | 'fieldOrder' | 'crop' | 'aspect'> &
    Pick<FramesJob, 'temporalDenoise' | 'hwaccel'>
> {
  /** A preset of the package, by its name, or one of your own. */
  readonly preset?: PresetWish;
  /** Called at the end with what the file lacks, unless that is an error or in the result of `toVideo`. */
  readonly onWarning?: (warning: string) => void;
}

/** Frames alive at the same time until an operator needs more. */
const WINDOW = 3;

/**
 * The frames of a video file or of a folder of images, each read when there is room for it. What a damaged file has comes
 * before the error. Errors: those of `probe`, BAD_SETTING, SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_CHANGED.
 */
export const videoFrames = (
  input: string,
  { onWarning = () => {}, ...options }: ReadOptions = {},
): Observable<VideoFrame> =>
  withResource(
    (signal) => openFile(checkFramesJob(withPreset(FRAMES_ROWS, { ...options, input })), signal),
    ({ frames, stream, job, onEnd, report }) => {
      const frames$ = pullFrames(frames.read(), stream.window).pipe(
        trimFrames(stream, job),
        limitFrameRate(stream, job.maxFps, () => {}),
        tap({ complete: onEnd }), // not if it is left before the end of its range
        map((frame) => ({ ...frame, stream })),
      );
      const warnings$ = defer(report).pipe(tap((warnings) => warnings.forEach((warning) => onWarning(warning))));
      return concat(frames$, warnings$.pipe(ignoreElements()));
    },
  );

interface OpenFile extends AsyncDisposable {
  readonly frames: FrameSource;
  readonly stream: FrameStream;
  readonly job: FramesJob;
  readonly onEnd: () => void;
  /** What the file lacks that was read to its end, in words. Throws if that is too much. */
  readonly report: () => Promise<readonly string[]>;
}

async function openFile(job: FramesJob, signal: AbortSignal): Promise<OpenFile> {
  const binary = await findFfmpeg();
  const source = await probe(binary, job.input, signal, job.sequenceRate);
  const info = await readAs(binary, source, job, signal);
  const from = await readingStart(info.source, job.trim, signal);
  const { temporalDenoise, hwaccel } = job;
  const colour = resolveColour(source.colour, source); // a missing tag is guessed by the size of the source
  const sound = info.media.streams.find(({ kind }) => kind === 'audio')?.index ?? null;
  const decoding = { temporalDenoise, hwaccel, from, withShotFirstFrame: true } as const;
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const streams = { sound: sound === null ? [] : [sound] };
  const frames = untilBroken(openVideo(binary, info, { ...decoding, ...streams, colour, depth }, signal), info, signal);
  let isRead = false;
  let isReported = false;
  const { timeBase, pixelAspect, framesPerSecond } = info;
  const { decoded, broken } = frames;
  const file = {
    ...{ source, info, settings: job, from, decoded, broken, isRead: () => isRead },
    takeOverReport: () => void (isReported = true),
  };
  const window = new BackpressureWindow(WINDOW);
  return {
    frames,
    stream: { timeBase, pixelAspect, framesPerSecond, colour, binary, window, file },
    job,
    onEnd: () => (isRead = true),
    report: async () => (isReported ? [] : lossOf(binary, file, sound, signal)),
    [Symbol.asyncDispose]: () => frames[Symbol.asyncDispose](),
  };
}

async function lossOf(
  binary: FfmpegBinary,
  { info, settings, decoded, broken }: VideoFile,
  sound: number | null,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const last = decoded.times.at(-1);
  if (last === undefined) return [];
  const read = { decoded, last, broken: broken(), sound };
  const loss = await sourceLoss(binary, info, settings, read, signal);
  const damage = await loss.damage(null);
  if (damage) throw damageError(damage, info, null);
  return [...(info.reading?.notes ?? []), ...loss.missing.warnings];
}
