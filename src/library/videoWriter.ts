import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../errors';
import { openOutputFolder, type OutputFolder } from '../pipeline/jobs/outputFolder';
import { finishOutput } from '../pipeline/jobs/restore/finishOutput';
import type { PlannedEncoding } from '../pipeline/jobs/restore/planEncoding';
import { type Trial, tryOutput } from '../pipeline/jobs/restore/trial';
import { createVideo, type Encoding } from '../pipeline/media/encode';
import { ffmpegWarnings } from '../pipeline/media/findFfmpeg';
import { chooseCodec } from '../pipeline/media/hardware/chooseCodec';
import { muxVideo } from '../pipeline/media/mux';
import { badSetting } from '../settings/checkRows';
import { isImageCodec } from '../settings/imageOutput';
import { checkJob, type Job, type OutputSettings } from '../settings/restoreJob';
import type { FrameStream, VideoFile, VideoFrame } from './videoFrame';

/** How a video is written. */
export type WriteOptions = Partial<Omit<OutputSettings, 'output'> & Pick<Job, 'audio' | 'extras'>>;

/** A finished video. */
export interface WrittenVideo {
  readonly output: string;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/** A file that is being written. */
export interface Writer {
  write(frame: VideoFrame): Promise<void>;
  finish(): Promise<WrittenVideo>;
  /** Deletes what it has written, unless it is finished. Returns the error to report. */
  discard(error: unknown): Promise<unknown>;
}

/** Opens the file for frames like the first one. Errors: those of the output, BAD_SETTING. */
export async function openWriter(
  first: VideoFrame,
  output: string,
  options: WriteOptions,
  signal: AbortSignal,
): Promise<Writer> {
  const { binary, file } = first.stream;
  const job = jobOf(file, output, options);
  const { overwrite } = job;
  const settings = { overwrite, resume: false, discard: false, ffmpeg: binary.version };
  const sources = file === null ? [] : [file.info.source.path];
  const folder = await openOutputFolder(job.output, {}, { ...settings, sources }, signal);
  const close = () => folder.close({ keepSegments: false });
  try {
    const { encoding, warnings } = await encodingOf(first, job, signal);
    const trial = file && (await tryOutput(binary, folder, encoding, file.info, job, signal));
    return frameWriter(first.stream, { job, folder, encoding, trial, warnings, close }, signal);
  } catch (error) {
    const reason = await folder.explain(error);
    await close();
    throw reason;
  }
}

interface WriterParts {
  readonly job: Job;
  readonly folder: OutputFolder;
  readonly encoding: Encoding;
  readonly trial: Trial | null;
  /** Known before the first frame. */
  readonly warnings: readonly string[];
  /** Returns warnings. */
  readonly close: () => Promise<readonly string[]>;
}

/** File of the encoded frames in the output folder. */
const FRAMES = 'frames.nut';

function frameWriter(stream: FrameStream, parts: WriterParts, signal: AbortSignal): Writer {
  const { folder, encoding, close } = parts;
  const sink = createVideo(stream.binary, join(folder.folder, FRAMES), encoding, signal);
  const times: number[] = [];
  let isOver = false;
  return {
    async write({ width, height, depth, data, pts }) {
      if (width !== encoding.width || height !== encoding.height || depth !== encoding.depth) throw otherSize(encoding);
      if (pts <= (times.at(-1) ?? -Infinity)) throw notRising(pts);
      times.push(pts);
      await sink.write(data);
    },
    async finish() {
      await sink.finish();
      const { output, warnings } = await muxed(stream, parts, times, signal);
      isOver = true;
      const left = await close();
      const { width, height } = encoding;
      const all = [...ffmpegWarnings(stream.binary), ...parts.warnings, ...warnings, ...left];
      return { output, frames: times.length, width, height, bytes: (await stat(output)).size, warnings: all };
    },
    async discard(error) {
      if (isOver) return error;
      isOver = true;
      const reason = await folder.explain(error);
      await sink[Symbol.asyncDispose]();
      await close();
      return reason;
    },
  };
}

/** Gives the encoded frames their times, and the other streams of their file. */
async function muxed(
  { binary, file, timeBase }: FrameStream,
  { job, folder, encoding, trial }: WriterParts,
  times: readonly number[],
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly warnings: readonly string[] }> {
  const path = join(folder.folder, FRAMES);
  const segments = [{ file: FRAMES, frames: times.length, bytes: (await stat(path)).size }];
  if (file !== null) {
    const cut = file.isRead() ? job : { ...job, trim: { start: job.trim?.start ?? 0, end: endOf(times, file) } };
    return finishOutput(
      binary,
      folder,
      { segments, times, decoded: file.decoded, broken: file.broken() },
      encoding,
      file.info,
      cut,
      trial!,
      signal,
    );
  }
  const { codec, colour } = encoding;
  const start = times[0]!;
  const pts = times.map((time) => time - start);
  const last = pts.at(-1)!;
  const end = last + Math.max(1, last - (pts.at(-2) ?? 0)); // the last frame is shown as long as the one before
  const name = `whole.${codec.container}`;
  const video = { codec, colour, paths: [path], times: { pts, end, timeBase } };
  const warnings = await muxVideo(binary, video, join(folder.folder, name), signal);
  await folder.assertWritable();
  return { output: await folder.publish(name), warnings };
}

/** Seconds at which a video ends that was left before its end. */
const endOf = (times: readonly number[], { info: { timeBase, framesPerSecond } }: VideoFile): number =>
  (times.at(-1)! * timeBase.num) / timeBase.den + 1 / (framesPerSecond ?? 25);

/** The settings of writing, with those of reading that the sound follows. */
function jobOf(file: VideoFile | null, output: string, options: WriteOptions): Job {
  const job = settingsOf(file, output, options);
  if (isImageCodec(job.codec)) throw badSetting('codec', 'a codec of videos', job.codec);
  return job;
}

function settingsOf(file: VideoFile | null, output: string, options: WriteOptions): Job {
  if (file === null) return checkJob({ input: `${output}.camera`, ...options, output });
  const { trim, maxFps, deinterlace } = file.settings;
  return checkJob({ input: file.info.source.path, trim, maxFps, deinterlace, ...options, output });
}

async function encodingOf(
  { width, height, depth, stream }: VideoFrame,
  job: Job,
  signal: AbortSignal,
): Promise<PlannedEncoding> {
  const { binary, colour, pixelAspect, framesPerSecond, file } = stream;
  const chroma = file?.info.pixels.chroma ?? '4:4:4';
  const target = { output: job.output, width, height, depth, chroma };
  const { codec, warnings } = await chooseCodec(binary, job, target, signal);
  const stored = { width, height };
  const encoding = { codec, colour, width, height, stored, depth, pixelAspect, framesPerSecond };
  return { encoding, warnings };
}

const otherSize = ({ width, height, depth }: Encoding): RemasterError =>
  new RemasterError('BAD_SETTING', `All frames of a video must have its size, ${width}×${height}, and ${depth} bits.`, {
    remedy: 'Bring them to one size before toVideo.',
  });

const notRising = (pts: number): RemasterError =>
  new RemasterError('BAD_SETTING', `A frame at tick ${pts} came after a later one.`, {
    remedy: 'Keep the order and the times of the frames.',
  });
