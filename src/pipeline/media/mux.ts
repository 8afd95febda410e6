import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Container } from '../../settings/container';
import type { CodecName, Job } from '../../settings/restoreJob';
import type { Codec } from './codecs';
import { type Colour, tagOptions } from './colour';
import { alongside } from './clockOfInput';
import { embedXmp } from './embedXmp';
import { encodedColour } from './encode';
import type { FfmpegBinary } from './findFfmpeg';
import { joinNut, planJoin } from './joinNut';
import { comment, type Provenance, xmp } from './provenance';
import { setLastFrameDuration } from './lastFrameDuration';
import { FLAGS, timecodeOf } from './describe/mediaInfo';
import type { Rational } from './frame';
import { frameRate } from './frameRate';
import type { VideoInfo } from './probe';
import { storedOf } from './videoInfo';
import { runFfmpeg } from './runFfmpeg';
import { inputOptions } from './sourceFile';
import { type CarriedStream, streamOptions } from './streams/carriedStreams';
import { laterTimecode } from './timecode';
import { clockOptions, type VideoTimes } from './trackClock';
import { startTick } from './trim';
import { verify } from './verify';

/** The encoded video and its container. */
export interface EncodedVideo {
  readonly codec: Codec;
  readonly colour: Colour;
  /** Segments, in order, as NUT files of `createVideo`. */
  readonly paths: readonly string[];
  readonly times: VideoTimes;
  /** What the file says about its origin. Absent: nothing. */
  readonly provenance?: Provenance | undefined;
}

/** The source of an output, and what of it is carried. */
export interface MuxSource {
  readonly info: VideoInfo;
  readonly job: Pick<Job, 'extras' | 'trim'>;
  readonly carried: readonly CarriedStream[];
  /** By how many ticks its other streams come later. */
  readonly delay: number;
  /** Takes only the first packet of each stream. */
  readonly firstOnly: boolean;
  /** The clock of the source jumps. */
  readonly hasJumps?: boolean;
}

/**
 * Writes the segments to `output` without encoding them again, with streams, chapters and metadata of the source, and
 * checks the result. Returns warnings.
 */
export async function muxWithSource(
  binary: FfmpegBinary,
  video: EncodedVideo,
  output: string,
  { info, job, carried, delay, firstOnly, hasJumps = false }: MuxSource,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { container, encoder } = video.codec;
  const trim = firstOnly ? null : job.trim;
  const cut = cutOptions(trim, hasJumps, info.timeBase);
  const metadata = job.extras
    ? ['-map_metadata', '1', '-map_metadata:s:v:0', `1:s:${info.stream}`, '-map_chapters', '1']
    : ['-map_metadata', '-1', '-map_chapters', '-1'];
  const others = {
    inputs: [...cut.input, ...offset(delay - cut.ticks, info.timeBase), ...inputOptions(info.source)],
    options: [
      ...streamOptions(carried, container, 1, firstOnly, cut.isRead),
      ...cut.output,
      // Audio before time 0 (encoder priming, or before the cut) would delay the whole video where no edit list hides it.
      ...(trim || container === 'mkv' ? ['-copypriorss', '0'] : []),
      // So would the priming of sound that is encoded anew; Matroska may have times below 0.
      ...(container === 'mkv' ? ['-avoid_negative_ts', 'disabled'] : []),
      ...metadata,
      ...(trim && job.extras ? timecodeAt(trim.start, info) : []),
      ...(job.extras && container !== 'mkv' && hasQuickTimeKeys(info) ? ['-movflags', 'use_metadata_tags'] : []),
      // Times of copied frames do not follow it, but time codes count it, and ffmpeg does not know it of a short video.
      ...(timecodeOf(info.media) === null ? [] : ['-r', rateOf(info)]),
      // The frames are already rotated, have no second picture of alpha, and are encoded by another encoder.
      // In capitals, because ffmpeg of 2018 takes `rotate` for an angle and keeps the tag.
      ...['-metadata:s:v:0', 'ROTATE=', '-metadata:s:v:0', 'ALPHA_MODE=', '-metadata:s:v:0', `encoder=${encoder}`],
      ...(video.provenance ? provenanceOptions(video, job.extras ? info.media.tags['comment'] : undefined) : []),
      // Without a word on any stream, ffmpeg makes the first of each kind the default; the other streams keep their flags.
      ...['-disposition:0', ['default', ...flagsOf(info)].join('+')],
      ...['-max_muxing_queue_size', '65536', '-max_interleave_delta', '0'],
    ],
    // The sound jumps with the video, as it did when that was decoded.
    alongside: hasJumps ? alongside(1, [info.stream]) : [],
  };
  return mux(binary, video, output, others, signal);
}

/** MP4 and MOV get their XMP afterwards. The names and numbers that Matroska has at random are then the same each time. */
function provenanceOptions({ codec, provenance }: EncodedVideo, ofSource: string | undefined): readonly string[] {
  const words = comment(provenance!, ofSource);
  const tags = words === null ? [] : ['-metadata', `comment=${words}`];
  const encoder = ['-metadata:s:v:0', `encoder=${codec.encoder}, ${provenance!.tool}`];
  if (codec.container !== 'mkv') return [...tags, ...encoder];
  return [...tags, ...encoder, '-metadata', `XMP=${xmp(provenance!)}`, '-fflags', '+bitexact'];
}

/** How the range of a cut is taken from the source. */
interface Cut {
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** By how many ticks the source comes earlier, so that the range begins at 0. */
  readonly ticks: number;
  /** The source is read from its start, so what comes before time 0 has to be left out. */
  readonly isRead: boolean;
}

/** A seek would lead to another place where the clock jumps, so there the source is moved to before time 0 instead. */
function cutOptions(trim: Job['trim'], hasJumps: boolean, timeBase: Rational): Cut {
  const { start = 0, end = null } = trim ?? {};
  const length = end === null ? [] : ['-t', String(end - start)];
  if (trim && hasJumps) return { input: [], output: length, ticks: startTick(trim, timeBase), isRead: true };
  return { input: trim ? ['-ss', String(start), ...length] : [], output: [], ticks: 0, isRead: false };
}

/** The time code of the first frame of a cut, in the tags that have that of the source. */
function timecodeAt(seconds: number, info: VideoInfo): readonly string[] {
  const { media, framesPerSecond } = storedOf(info); // time codes count the frames of the source
  const code = timecodeOf(media);
  const later = code === null ? null : laterTimecode(code, seconds, framesPerSecond ?? 25);
  if (later === null) return [];
  return ['-metadata', `timecode=${later}`, '-metadata:s:v:0', `timecode=${later}`];
}

/** Of the video, which has lost them on its way. */
function flagsOf({ media, stream }: VideoInfo): readonly string[] {
  const flags = media.streams[stream]?.flags ?? {};
  return FLAGS.filter((flag) => flag !== 'default' && flags[flag]);
}

function rateOf(info: VideoInfo): string {
  const { num, den } = frameRate(storedOf(info).framesPerSecond ?? 25);
  return `${num}/${den}`;
}

/** Metadata of phones (make, model, place, date), which MP4 and MOV keep only under their own names. */
const hasQuickTimeKeys = ({ media }: VideoInfo): boolean =>
  Object.keys(media.tags).some((name) => name.startsWith('com.apple.quicktime.'));

/** Writes the segments to `output` without encoding them again, and checks the result. Returns warnings. */
export const muxVideo = (
  binary: FfmpegBinary,
  video: EncodedVideo,
  output: string,
  signal: AbortSignal,
): Promise<readonly string[]> => mux(binary, video, output, { inputs: [], options: [], alongside: [] }, signal);

/** `others`: options of the inputs after the video, of the output, and of another output. */
async function mux(
  binary: FfmpegBinary,
  { codec, colour, paths, times, provenance }: EncodedVideo,
  output: string,
  others: Readonly<Record<'inputs' | 'options' | 'alongside', readonly string[]>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { container } = codec;
  const { pts, end, timeBase } = times;
  const join = await planJoin(paths);
  const moved = wholeMicroseconds(pts[0]!, timeBase);
  const atStart = pts.map((time) => time - moved);
  await using muxer = runFfmpeg(
    binary,
    [
      ...offset(pts[0]!, timeBase),
      ...['-f', 'nut', '-i', 'pipe:0', ...others.inputs],
      ...['-map', '0:v:0', '-c:0', 'copy', ...others.options],
      // Not every codec carries them, and NUT does not.
      ...[...tagOptions(encodedColour(colour, codec)), '-field_order', 'progressive'],
      ...(codec.name === 'h265' && container !== 'mkv' ? ['-tag:v:0', join.hasHeadersInFrames ? 'hev1' : 'hvc1'] : []),
      ...clockOptions(binary, container, times, !INTRA_ONLY.has(codec.name)),
      ...['-f', FORMAT[container], '-strict', '-2', '-y', `file:${output}`],
      ...others.alongside,
    ],
    signal,
  );
  muxer.stdout.resume();
  await pipeline(Readable.from(joinNut(paths, join, atStart, timeBase)), muxer.stdin).catch((error: unknown) => {
    if (!CLOSED_PIPE.has((error as NodeJS.ErrnoException).code)) throw error; // `ended` has the reason
  });
  await muxer.ended;
  const warnings = await storeEnd(output, container, end - pts.at(-1)!, timeBase);
  if (provenance !== undefined && container !== 'mkv') await embedXmp(output, container, xmp(provenance));
  await verify(binary, output, times, binary.hasFpsMode || container === 'mkv', signal);
  return warnings;
}

/** Codecs of which every frame is a key frame. */
const INTRA_ONLY: ReadonlySet<CodecName> = new Set(['ffv1', 'prores']);

/** Codes of errors when ffmpeg exits before it has read everything. */
const CLOSED_PIPE: ReadonlySet<string | undefined> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

/** Stores how long the last frame is shown: stream copy guesses it. */
async function storeEnd(path: string, container: Container, ticks: number, timeBase: Rational): Promise<string[]> {
  const isStored = await setLastFrameDuration(path, container, { ticks, timeBase }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true; // `verify` reports it
    throw error;
  });
  if (isStored) return [];
  const seconds = (ticks * timeBase.num) / timeBase.den;
  return [`The time for which the last frame is shown (${seconds.toFixed(3)} s) could not be stored in the output.`];
}

const microsecondsOf = (ticks: number, { num, den }: Rational): bigint =>
  rounded(BigInt(ticks) * BigInt(num) * 1_000_000n, BigInt(den));

const rounded = (dividend: bigint, divisor: bigint): bigint => (2n * dividend + divisor) / (2n * divisor);

/**
 * The ticks by which `offset` moves the first frame to its time. ffmpeg moves the start of an input to time 0 itself, so
 * that `offset` would move it back, but not where frames are reordered and too few to tell the start: they come at 0, but
 * for a part of a microsecond. NUT has no times before 0, so more than half of one is left to ffmpeg.
 */
function wholeMicroseconds(first: number, timeBase: Rational): number {
  const { num, den } = timeBase;
  const ticks = Number(rounded(microsecondsOf(first, timeBase) * BigInt(den), BigInt(num) * 1_000_000n));
  return ticks <= first ? ticks : 0;
}

/** Delays an input by `ticks`, in whole microseconds as ffmpeg counts them. */
function offset(ticks: number, timeBase: Rational): string[] {
  const microseconds = microsecondsOf(ticks, timeBase);
  if (microseconds === 0n) return [];
  const [sign, size] = microseconds < 0n ? ['-', -microseconds] : ['', microseconds];
  return ['-itsoffset', `${sign}${size / 1_000_000n}.${String(size % 1_000_000n).padStart(6, '0')}`];
}

/** ffmpeg's names of the containers. */
const FORMAT: Readonly<Record<Container, string>> = { mp4: 'mp4', mov: 'mov', mkv: 'matroska' };
