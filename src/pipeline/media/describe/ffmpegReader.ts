import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import type { Rational } from '../frame';
import { parseMetadata } from './ffmetadata';
import { type ListedStream, parseListing } from './listing';
import { readMatroskaFlags } from './matroskaFlags';
import { readMatroskaVideo } from './matroskaVideo';
import type { Flags, MediaInfo, StreamInfo, Tags, VideoFormat } from './mediaInfo';

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
  // Of chapters, those within the time that is written are listed; without streams that is all of it.
  const metadata = parseMetadata((await read('-f', 'ffmetadata')).toString());
  const ofStreams = parseMetadata((await read(...everything, '-f', 'ffmetadata')).toString()).streams;
  const streams: StreamInfo[] = [];
  // One after the other: a file may have a thousand streams.
  for (const [index, stream] of listed.entries())
    streams.push({
      ...(await streamOf(read, stream, index)),
      flags: await flagsOf(read, stream, index, binary.hasFpsMode),
      tags: ofStreams[index] ?? {},
    });
  const clock = streams.find(({ kind, isCoverArt }) => kind === 'video' && !isCoverArt) ?? streams[0]!;
  const sought: Read = (...options) => ffmpegOutput(binary, [...options, 'pipe:1'], signal);
  return {
    streams,
    chapters: metadata.chapters,
    tags: withoutEncoder(metadata.tags),
    duration: await duration(sought, input, clock),
  };
}

/** ffmpeg names itself in what it writes. */
function withoutEncoder(tags: Tags): Tags {
  const { encoder: _, ...others } = tags;
  return others;
}

async function streamOf(read: Read, stream: ListedStream, index: number): Promise<Omit<StreamInfo, 'tags' | 'flags'>> {
  const kind = KINDS.find((each) => each === stream.kind) ?? 'unknown';
  const video = kind === 'video' ? await videoOf(read, index) : null;
  const isCoverArt = kind === 'video' && IMAGES.test(stream.codec) && (await isCover(read, index));
  const { codec, timeBase, speakers } = stream;
  return { index, kind, codec, isCoverArt, timeBase, start: null, video, speakers };
}

const KINDS = ['video', 'audio', 'subtitle', 'data', 'attachment'] as const;

/** Codecs of cover images. */
const IMAGES = /^(mjpeg|png|bmp|gif|webp|tiff)$/;

/** ffmpeg counts covers among the streams `v`, but not among those of `V`: without them no other stream is left. */
const isCover = async (read: Read, index: number): Promise<boolean> => {
  const withoutVideos = ['-map', `0:${index}`, '-map', '-0:V', '-c', 'copy', '-t', '0', '-f', 'framecrc'];
  return parseListing((await read(...withoutVideos)).toString()).length > 0;
};

/**
 * The flags that a Matroska file gets. It has the stream twice, and the other one is the default: otherwise versions of
 * ffmpeg differ in whether the only one becomes it. `isNew`: ffmpeg since 5.1, which knows all flags.
 */
async function flagsOf(read: Read, { kind }: ListedStream, index: number, isNew: boolean): Promise<Flags> {
  const twice = ['-map', `0:${index}`, '-map', `0:${index}`, '-disposition:1', 'default', '-t', '0', '-f', 'matroska'];
  for (const codec of ['copy', ...(FLAG_CODECS[kind] ?? [])]) {
    const flags = readMatroskaFlags(await read('-c', codec, ...twice), isNew);
    if (Object.keys(flags).length > 0) return flags;
  }
  return {};
}

/** Encoders for what Matroska cannot hold, such as the texts of MP4. */
const FLAG_CODECS: Readonly<Partial<Record<string, readonly string[]>>> = { subtitle: ['srt'], audio: ['pcm_s16le'] };

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

/** Seconds before the end where the reader is sent to, until a packet follows: no duration is equal to one of them. */
const BEFORE_END = [0.0217, 0.2217, 1.0217, 8.0217, 60.0217] as const;

/**
 * A second output, of all streams. Without it ffmpeg counts the times of MPEG-TS and MPEG-PS from the start of the one that
 * is read, and not from that of the file.
 */
const ALL_ENABLED = ['-map', '0', '-copy_unknown', '-c', 'copy', '-frames', '1', '-f', 'null', '-'] as const;

/**
 * The duration that the container says, in seconds, to half a tick of the stream (in AVI, half a frame). Sent to a point
 * before the end, ffmpeg counts its times from there: they differ from those it counts from the start by the duration
 * less that distance. Null when it knows no duration: then it stays at the start, wherever it is sent.
 */
async function duration(read: Read, input: readonly string[], { index, timeBase }: StreamInfo): Promise<number | null> {
  for (const before of BEFORE_END) {
    const time = async (...options: readonly string[]): Promise<number | null> => {
      // Also one that is no key frame: of those, a short piece has none.
      const packet = ['-map', `0:${index}`, '-c', 'copy', '-copyinkf', '-frames', '1', '-f', 'framecrc'];
      const sent = [...options, '-sseof', String(-before), ...input];
      return firstTime(await read(...sent, ...ALL_ENABLED, ...packet), timeBase);
    };
    const [fromStart, fromPoint] = [await time('-copyts', '-start_at_zero'), await time()];
    if (fromStart !== null && fromPoint !== null)
      return fromStart === fromPoint ? null : fromStart - fromPoint + before;
  }
  return null;
}

/** When the first packet of the list is decoded, in seconds. */
function firstTime(list: Buffer, { num, den }: Rational): number | null {
  const ticks = /^0, *(-?\d+),/m.exec(list.toString())?.[1];
  return ticks === undefined ? null : (Number(ticks) * num) / den;
}
