import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import type { Rational } from '../frame';
import { parseMetadata } from './ffmetadata';
import { type ListedStream, parseListing } from './listing';
import { readMatroskaVideo } from './matroskaVideo';
import type { MediaInfo, StreamInfo, VideoFormat } from './mediaInfo';

/** Runs ffmpeg with these options after the input, and returns what it writes. */
type Read = (...options: readonly string[]) => Promise<Buffer>;

/**
 * Describes a file where there is no ffprobe, from what ffmpeg writes of its streams: a list of packets, their metadata,
 * and the header of a Matroska file. Null when ffmpeg cannot open the file.
 */
export async function describeWithFfmpeg(
  binary: FfmpegBinary,
  input: readonly string[],
  signal: AbortSignal,
): Promise<MediaInfo | null> {
  const read: Read = (...options) => ffmpegOutput(binary, [...input, ...options, 'pipe:1'], signal);
  const everything = ['-map', '0', '-copy_unknown', '-c', 'copy', '-t', '0'];
  const listed = parseListing((await read(...everything, '-f', 'framecrc')).toString());
  if (listed.length === 0) return null;
  const metadata = parseMetadata((await read(...everything, '-f', 'ffmetadata')).toString());
  const streams = await Promise.all(
    listed.map(async (stream, index) => ({
      ...(await streamOf(read, stream, index)),
      tags: metadata.streams[index] ?? {},
    })),
  );
  const clock = streams.find(({ kind, isCoverArt }) => kind === 'video' && !isCoverArt) ?? streams[0]!;
  const sought: Read = (...options) => ffmpegOutput(binary, [...options, 'pipe:1'], signal);
  return {
    streams,
    chapters: metadata.chapters,
    tags: metadata.tags,
    duration: await duration(sought, input, clock),
  };
}

async function streamOf(read: Read, stream: ListedStream, index: number): Promise<Omit<StreamInfo, 'tags'>> {
  const kind = KINDS.find((each) => each === stream.kind) ?? 'unknown';
  const video = kind === 'video' ? await videoOf(read, index) : null;
  const isCoverArt = kind === 'video' && IMAGES.test(stream.codec) && (await isCover(read, index));
  return { index, kind, codec: stream.codec, isCoverArt, timeBase: stream.timeBase, start: null, video };
}

const KINDS = ['video', 'audio', 'subtitle', 'data', 'attachment'] as const;

/** Codecs of cover images. */
const IMAGES = /^(mjpeg|png|bmp|gif|webp|tiff)$/;

/** ffmpeg counts covers among the streams `v`, but not among those of `V`: without them no other stream is left. */
const isCover = async (read: Read, index: number): Promise<boolean> => {
  const withoutVideos = ['-map', `0:${index}`, '-map', '-0:V', '-c', 'copy', '-t', '0', '-f', 'framecrc'];
  return parseListing((await read(...withoutVideos)).toString()).length > 0;
};

/** Copies a packet into Matroska, whose header says what ffmpeg knows of the pixels. */
async function videoOf(read: Read, index: number): Promise<VideoFormat> {
  const header = await read('-map', `0:${index}`, '-c', 'copy', '-frames:v', '1', '-f', 'matroska');
  const { colour, isInterlaced, sideData, dolbyVisionProfile } = readMatroskaVideo(header) ?? NOTHING_SAID;
  return { pixels: null, colour, isInterlaced, framesPerSecond: null, sideData, dolbyVisionProfile };
}

const NOTHING_SAID = {
  colour: { matrix: null, primaries: null, transfer: null, range: null },
  ...{ isInterlaced: null, sideData: [], dolbyVisionProfile: null },
} as const;

/** Seconds before the end where the reader is sent to measure the duration. */
const BEFORE_END = [0.02, 0.01] as const;

/**
 * The duration that the container says, in seconds. Sent to a point before the end, ffmpeg counts its times from there:
 * they differ from those it counts from the start by the duration less that distance. Null when it knows no duration:
 * then it stays at the start, wherever it is sent.
 */
async function duration(read: Read, input: readonly string[], { index, timeBase }: StreamInfo): Promise<number | null> {
  const [first, second] = [await measured(BEFORE_END[0]), await measured(BEFORE_END[1])];
  return first !== null && second !== null && Math.abs(first - second) < 0.005 ? first : null;

  async function measured(before: number): Promise<number | null> {
    const time = async (...options: readonly string[]): Promise<number | null> => {
      const packet = ['-map', `0:${index}`, '-c', 'copy', '-frames', '1', '-f', 'framecrc'];
      return firstTime(await read(...options, '-sseof', String(-before), ...input, ...packet), timeBase);
    };
    const [fromStart, fromPoint] = [await time('-copyts', '-start_at_zero'), await time()];
    return fromStart === null || fromPoint === null ? null : fromStart - fromPoint + before;
  }
}

/** When the first packet of the list is decoded, in seconds. */
function firstTime(list: Buffer, { num, den }: Rational): number | null {
  const ticks = /^0, *(-?\d+),/m.exec(list.toString())?.[1];
  return ticks === undefined ? null : (Number(ticks) * num) / den;
}
