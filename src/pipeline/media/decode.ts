import { RemasterError } from '../../errors';
import type { Job } from '../../settings/restoreJob';
import { type Colour, toRgb } from './colour';
import { type Complaints, complaintsOf } from './gaps/complaints';
import { alongside, clockFrom } from './clockOfInput';
import { evenTimes } from './evenTimes';
import type { FfmpegBinary } from './findFfmpeg';
import { fieldTimes } from './fields';
import { fitted } from './fitFrames';
import type { Frame } from './frame';
import type { ClockJump } from './gaps/jumpDetector';
import { frameTimes } from './frameTimes';
import type { VideoInfo } from './probe';
import { readingFilters } from './reading';
import { fieldsOf, storedOf, ticksPerStored } from './videoInfo';
import { type Ffmpeg, runFfmpeg } from './runFfmpeg';
import { sceneCuts } from './sceneCuts';
import { inputOptions, unreadable } from './sourceFile';
import { splitFrames } from './splitFrames';
import { timedFrames } from './timedFrames';

export interface DecodeOptions {
  readonly colour: Colour;
  readonly depth: 8 | 16;
  readonly temporalDenoise: Job['temporalDenoise'];
  readonly hwaccel: Job['hwaccel'];
  /** Options of the hardware that decodes, in the place of `hwaccel`. */
  readonly decoder?: readonly string[];
  /** Attaches the first frame of its shot to each frame. Default false. */
  readonly withShotFirstFrame?: boolean;
  /** Frames of another shape are stretched to the size, without bars. Default false. */
  readonly isStretched?: boolean;
  /** Seconds into the file where decoding starts; earlier frames are omitted. */
  readonly from: number;
  /** Sound that comes with the video: where its clock jumps, both are moved by the same time. Default none. */
  readonly sound?: readonly number[];
}

/** What was decoded, with the times before frames are left out on purpose. */
export interface Decoded {
  /** Presentation times of the frames of the source, in its ticks, increasing. */
  readonly times: readonly number[];
  /** Times of the frames from which on the video has another size. */
  readonly resized: readonly number[];
  /** Times that are too late, after which ffmpeg can write none of those that follow. */
  readonly jumps: readonly ClockJump[];
  /** Of ffmpeg. */
  readonly complaints: Complaints;
}

/** Frames in order, each with its presentation time. Pull-based: nothing is decoded far ahead of the reader. */
export interface FrameSource extends AsyncDisposable {
  /** May be called once. */
  read(): AsyncGenerator<Frame>;
  /** ffmpeg's messages about damage; empty for an intact file. */
  stderrTail(): string;
  /** Whole when all frames were read. */
  readonly decoded: Decoded;
}

export function openVideo(
  binary: FfmpegBinary,
  info: VideoInfo,
  options: DecodeOptions,
  signal: AbortSignal,
): FrameSource {
  const { mirror } = info;
  const { timeBase } = storedOf(info);
  const reading = readingFilters(info);
  const passthrough = binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']; // no frame duplicated or dropped
  const graph = [
    `[0:${info.stream}]split[t][f]`,
    // Only the time stamps are used, and two values that change with the size. `scale` comes first, so that little is left to
    // convert, to sides that differ wherever those of the frames do. Without the format, ffmpeg may choose one for both branches.
    "[t]scale='1+mod(iw,251)':'1+mod(ih,251)':flags=neighbor,format=yuv444p,lut=c0=w:c1=h:c2=0,scale=2:2:flags=neighbor[times]",
    [
      `[f]${mirror ?? 'null'}`,
      ...reading.fields,
      ...reading.frame,
      ...TEMPORAL_DENOISE[options.temporalDenoise],
      ...fitted(info, options.isStretched ?? false, `${toRgb(options.colour)},format=${PIXELS[options.depth]}`),
    ].join(',') + '[frames]',
  ];
  const args = [
    ...['-loglevel', 'repeat+error'], // only complaints, and each of them
    ...clockFrom(options.from),
    ...(options.decoder ?? (options.hwaccel === 'auto' ? ['-hwaccel', 'auto'] : [])),
    ...(mirror === null ? [] : ['-noautorotate']),
    ...inputOptions(info.source),
    ...['-filter_complex', graph.join(';')],
    // Times first: ffmpeg writes its outputs in this order, so the time of a frame is always written before the frame.
    ...['-map', '[times]', ...passthrough, '-enc_time_base', `${timeBase.num}/${timeBase.den}`],
    ...['-c:v', 'rawvideo', '-flush_packets', '1', '-f', 'framecrc', 'pipe:3'],
    ...['-map', '[frames]', ...passthrough, '-f', 'rawvideo', '-pix_fmt', PIXELS[options.depth], 'pipe:1'],
    ...alongside(0, options.sound ?? []),
  ];
  const times: number[] = [];
  const resized: number[] = [];
  const jumps: ClockJump[] = [];
  const complaints = complaintsOf(storedOf(info));
  let decoder: Ffmpeg | undefined;
  return {
    decoded: { times, resized, jumps, complaints },
    async *read() {
      // Started on the first read, because Node discards the output of a process that exits before it is read.
      decoder = runFfmpeg(binary, args, signal);
      yield* frames(decoder, info, options, { complaints, times, resized, jumps });
    },
    stderrTail: () => decoder?.stderrTail() ?? '',
    [Symbol.asyncDispose]: async () => decoder?.[Symbol.asyncDispose](),
  };
}

/** Over `around` frames; a frame counts while it differs by less than `one`, and all of them by less than `sum`. */
function averaged(around: number, one: number, sum: number): string {
  const planes = [0, 1, 2].map((plane) => `${plane}a=${one}:${plane}b=${sum}`);
  return `atadenoise=s=${around}:${planes.join(':')}`;
}

/**
 * Averages each pixel with the same position in the neighbouring frames, up to the first one that differs: this removes
 * noise, from which a model would invent different texture in every frame, and keeps moving parts. It uses a few source
 * frames each way and keeps no other state, so a resumed job produces the same frames.
 */
export const TEMPORAL_DENOISE: Readonly<Record<Job['temporalDenoise'], readonly string[]>> = {
  off: [],
  low: [averaged(5, 0.04, 0.12)],
  high: [averaged(9, 0.08, 0.4)],
};

const PIXELS = { 8: 'rgb24', 16: 'rgb48le' } as const;

interface Noted {
  readonly complaints: Complaints;
  readonly times: number[];
  readonly resized: number[];
  readonly jumps: ClockJump[];
}

async function* frames(
  decoder: Ffmpeg,
  info: VideoInfo,
  { depth, withShotFirstFrame }: Pick<DecodeOptions, 'depth' | 'withShotFirstFrame'>,
  { complaints, times, resized, jumps }: Noted,
): AsyncGenerator<Frame> {
  const listed = frameTimes(decoder, (time) => resized.push(time));
  const even = evenTimes(storedOf(info), listed, (jump) => jumps.push(jump));
  const { mode } = fieldsOf(info);
  const shown = fieldTimes(mode, ticksPerStored(info), async () => {
    const time = await even.next();
    if (time !== undefined) times.push(time);
    return time;
  });
  complaints.hear(decoder.stderr, listed.newest);
  const sceneOf = sceneCuts();
  const { width, height } = info;
  let index = 0;
  let first: Frame['shotFirstFrame'];
  let untimed = false;
  const read = splitFrames(decoder.stdout, width * height * 3 * (depth / 8));
  for await (const [data, pts] of timedFrames(read, () => shown.next())) {
    // A killed decoder may have written a frame without its time: its exit is then the error to report.
    untimed = pts === undefined && mode !== 'telecine';
    if (pts === undefined && mode === 'telecine') continue; // the ffmpeg of 2018 repeats the last frame
    if (pts === undefined) break;
    const pixels = { pts, width, height, depth, data };
    const scene = sceneOf(pixels);
    if (scene === pts) first = pixels;
    yield { ...pixels, index: index++, scene, ...(withShotFirstFrame && first && { shotFirstFrame: first }) };
  }
  await decoder.ended.catch((error: unknown) => {
    const isFailure = error instanceof RemasterError && error.code === 'ENCODE_FAILED'; // any failed ffmpeg process
    throw isFailure ? failedAfter(index, info, error, decoder.killedBy() !== null) : error;
  });
  if (untimed) throw new RemasterError('INTERNAL', `ffmpeg wrote frame ${index} without its time.`);
}

/** A decoder that gives up on a file; one that was killed may have been killed for anything. */
function failedAfter(frame: number, { source }: VideoInfo, cause: RemasterError, isKilled: boolean): RemasterError {
  const why = `decoding stopped after frame ${frame}`;
  if (isKilled || frame === 0) return unreadable(source.path, why, cause, undefined, cause.detail);
  return new RemasterError('SOURCE_DAMAGED', why, { cause, detail: cause.detail });
}
