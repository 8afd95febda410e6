import { parseListing } from '../describe/listing';
import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import type { VideoInfo } from '../probe';
import { inputOptions } from '../sourceFile';

/** Packets whose sizes are summed: ten seconds, more than from one key frame to the next. */
const PACKETS = 250;

/** Bits per second of a video without its sound, by its packets from `at` seconds on; null where they do not say. */
export async function bitsPerSecond(
  binary: FfmpegBinary,
  { source, stream }: Pick<VideoInfo, 'source' | 'stream'>,
  at: number,
  signal: AbortSignal,
): Promise<number | null> {
  if (source.sequence || source.isImage) return null;
  const copy = ['-map', `0:${stream}`, '-c', 'copy', '-frames:v', String(PACKETS), '-f', 'framecrc', 'pipe:1'];
  const text = (await ffmpegOutput(binary, ['-ss', String(at), ...inputOptions(source), ...copy], signal)).toString();
  const packets = [...text.matchAll(/^0, *(-?\d+), *-?\d+, *(\d+), *(\d+),/gm)].map(
    ([, dts, duration, bytes]) => [Number(dts), Number(duration), Number(bytes)] as const,
  );
  const [first, last] = [packets[0], packets.at(-1)];
  const timeBase = parseListing(text)[0]?.timeBase;
  if (!first || !last || !timeBase) return null;
  const seconds = ((last[0] + last[1] - first[0]) * timeBase.num) / timeBase.den;
  return seconds > 0 ? (8 * packets.reduce((sum, [, , bytes]) => sum + bytes, 0)) / seconds : null;
}
