import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RemasterError } from '../../errors';
import type { Container } from '../../settings/container';
import type { Job } from '../../settings/restoreJob';
import type { Codec } from './codecs';
import { type Colour, tagOptions } from './colour';
import { copyStreams } from './copyStreams';
import { encodedColour } from './encode';
import type { FfmpegBinary } from './findFfmpeg';
import { joinNut, planJoin } from './joinNut';
import { setLastFrameDuration } from './lastFrameDuration';
import type { VideoInfo } from './probe';
import { runFfmpeg } from './runFfmpeg';
import { inputOptions } from './sourceFile';
import { clockOptions, type VideoTimes } from './trackClock';
import { verify } from './verify';

/** The encoded video and its container. */
export interface EncodedVideo {
  readonly codec: Codec;
  readonly colour: Colour;
  /** Segments, in order, as NUT files of `createVideo`. */
  readonly paths: readonly string[];
  readonly times: VideoTimes;
}

/**
 * Writes the segments to `output` without encoding them again, with audio, subtitles, chapters and metadata of the
 * source, and checks the result. Returns warnings.
 */
export async function muxWithSource(
  binary: FfmpegBinary,
  video: EncodedVideo,
  output: string,
  source: { readonly info: VideoInfo; readonly job: Job },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { info, job } = source;
  const { codec } = video;
  const { options, warnings } = copyStreams(info, codec.container, job.audio, job.extras, 1);
  const { start = 0, end = null } = job.trim ?? {};
  const range = job.trim ? ['-ss', String(start), ...(end === null ? [] : ['-t', String(end - start)])] : [];
  const metadata = job.extras
    ? ['-map_metadata', '1', '-map_metadata:s:v:0', `1:s:${info.stream}`, '-map_chapters', '1']
    : ['-map_metadata', '-1', '-map_chapters', '-1'];
  const others = {
    inputs: [...range, ...inputOptions(info.source)],
    options: [
      ...options,
      // Audio before time 0 (encoder priming, or before the cut) would delay the whole video where no edit list hides it.
      ...(job.trim || codec.container === 'mkv' ? ['-copypriorss', '0'] : []),
      ...metadata,
      // The frames are already rotated, and encoded by another encoder.
      ...['-metadata:s:v:0', 'rotate=', '-metadata:s:v:0', `encoder=${codec.encoder}`],
      ...['-max_muxing_queue_size', '65536', '-max_interleave_delta', '0'],
    ],
  };
  return [...warnings, ...(await mux(binary, video, output, others, signal))];
}

/** Writes the segments to `output` without encoding them again, and checks the result. Returns warnings. */
export const muxVideo = (
  binary: FfmpegBinary,
  video: EncodedVideo,
  output: string,
  signal: AbortSignal,
): Promise<readonly string[]> => mux(binary, video, output, { inputs: [], options: [] }, signal);

/** `others`: options of the inputs after the video, and of the output. */
async function mux(
  binary: FfmpegBinary,
  { codec, colour, paths, times }: EncodedVideo,
  output: string,
  others: { readonly inputs: readonly string[]; readonly options: readonly string[] },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { container } = codec;
  const { pts, end, timeBase } = times;
  const join = await planJoin(paths);
  await using muxer = runFfmpeg(
    binary,
    [
      ...startOffset(times),
      ...['-f', 'nut', '-i', 'pipe:0', ...others.inputs],
      ...['-map', '0:v:0', '-c:0', 'copy', ...others.options],
      // Not every codec carries them, and NUT does not.
      ...[...tagOptions(encodedColour(colour, codec.pixelFormat)), '-field_order', 'progressive'],
      ...(codec.name === 'h265' && container !== 'mkv' ? ['-tag:v:0', join.hasHeadersInFrames ? 'hev1' : 'hvc1'] : []),
      ...clockOptions(binary, container, times, join.stream.decodeDelay),
      ...['-f', FORMAT[container], '-strict', '-2', '-y', `file:${output}`],
    ],
    signal,
  );
  muxer.stdout.resume();
  await pipeline(Readable.from(joinNut(paths, join, pts, timeBase)), muxer.stdin).catch((error: unknown) => {
    if (error instanceof RemasterError) throw error; // about a segment
    // Otherwise ffmpeg closed the pipe: `ended` has the reason, or `verify`.
  });
  await muxer.ended;
  await verify(binary, output, times, binary.hasFpsMode || container === 'mkv', signal);
  const last = pts.at(-1)!;
  // Of unknown duration, the last frame of MP4 and MOV is shown as long as the one before, as the muxer would write it.
  // Otherwise the edit list of the bundled ffmpeg may end before the last reordered frames.
  const before = container === 'mkv' ? last : (pts.at(-2) ?? last);
  const ticks = end === null ? last - before : end - last;
  if (ticks === 0 || (await setLastFrameDuration(output, container, { ticks, timeBase })) || end === null) return [];
  const seconds = (ticks * timeBase.num) / timeBase.den;
  return [`How long the last frame is shown (${seconds.toFixed(3)} s) could not be stored in the output.`];
}

/**
 * ffmpeg moves the first frame of an input to time 0. The offset moves it back by the same number of microseconds, so
 * that no rounding is left.
 */
function startOffset({ pts: [first], timeBase: { num, den } }: VideoTimes): string[] {
  const [ticks, divisor] = [BigInt(first!) * BigInt(num) * 1_000_000n, BigInt(den)];
  const microseconds = (2n * ticks + divisor) / (2n * divisor);
  return ['-itsoffset', `${microseconds / 1_000_000n}.${String(microseconds % 1_000_000n).padStart(6, '0')}`];
}

/** ffmpeg's names of the containers. */
const FORMAT: Readonly<Record<Container, string>> = { mp4: 'mp4', mov: 'mov', mkv: 'matroska' };
