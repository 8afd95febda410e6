import type { FrameTraits } from '../../../settings/sourceTraits';
import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import type { VideoInfo } from '../probe';
import { inputOptions } from '../sourceFile';
import { bitsPerSecond } from './bitsPerSecond';
import { type Luma, noiseLevel } from './noiseLevel';
import { pgmIn } from './pgm';

/** Where in the video frames are taken: titles and black are at the ends. */
const PLACES = [1 / 2, 1 / 4, 3 / 4];
/** Longest side of the middle part of a frame whose noise is measured. */
const MIDDLE = 1024;

/** Part of a video, in seconds; `end` null = to the end. */
export type Part = { readonly start: number; readonly end: number | null } | null;

/**
 * What the choice of a model needs to know of a video: three frames and the packets of ten seconds are read. `shown`: the
 * video as the model gets it. What cannot be read is unknown; the job itself reports why.
 */
export async function videoTraits(
  binary: FfmpegBinary,
  info: VideoInfo,
  shown: { readonly width: number; readonly height: number },
  part: Part,
  signal: AbortSignal,
): Promise<FrameTraits> {
  const seconds = placesIn(info, part);
  const levels: number[] = [];
  for (const at of seconds) {
    const luma = await lumaAt(binary, info, at, signal);
    const level = luma && noiseLevel(luma);
    if (level !== null) levels.push(level);
  }
  const bits = await bitsPerSecond(binary, info, seconds[0]!, signal);
  const { width, height, framesPerSecond, isInterlaced, codec } = info;
  return {
    kind: 'video',
    width: shown.width,
    height: shown.height,
    framesPerSecond,
    isInterlaced,
    codec,
    bitsPerPixel: bits === null || framesPerSecond === null ? null : bits / (width * height * framesPerSecond),
    noise: middle(levels),
  };
}

/** Seconds into the file. Where the length is unknown, only the first frame. */
function placesIn({ duration }: Pick<VideoInfo, 'duration'>, part: Part): readonly number[] {
  const start = part?.start ?? 0;
  const end = Math.min(part?.end ?? Infinity, duration ?? Infinity);
  return end > start && end < Infinity ? PLACES.map((place) => start + place * (end - start)) : [start];
}

/** The one in the middle, so that a single odd frame does not decide; null without any. */
const middle = (levels: readonly number[]): number | null =>
  levels.toSorted((a, b) => a - b)[Math.floor((levels.length - 1) / 2)] ?? null;

/** The middle of a frame; of an interlaced one, of its first field: between fields there is motion. */
async function lumaAt(
  binary: FfmpegBinary,
  { source, stream, isInterlaced }: VideoInfo,
  at: number,
  signal: AbortSignal,
): Promise<Luma | null> {
  const filters = [
    ...(isInterlaced ? ['field=type=top'] : []),
    `format=gray,crop='min(iw,${MIDDLE})':'min(ih,${MIDDLE})'`,
  ];
  const frame = ['-map', `0:${stream}`, '-frames:v', '1', '-vf', filters.join(',')];
  const args = ['-ss', String(at), ...inputOptions(source), ...frame, '-c:v', 'pgm', '-f', 'image2pipe', 'pipe:1'];
  return pgmIn(await ffmpegOutput(binary, args, signal));
}
