import type { ColourTags } from '../colour';
import type { FfmpegBinary } from '../findFfmpeg';
import type { Rational } from '../frame';
import { describe } from './describe';
import { type FirstFrames, firstFrames } from './firstFrames';
import { mainVideo, type MediaInfo, type SideData, type StreamInfo, type VideoFormat } from './mediaInfo';
import type { PixelFormat } from './pixelFormat';
import { isTransparent } from './transparency';

/** A media file and its video, as said by the file and completed by the first frames. */
export interface VideoDescription {
  /** The whole file. */
  readonly media: MediaInfo;
  /** Index of the video stream. */
  readonly stream: number;
  readonly codec: string;
  /** Pixels as displayed, after rotation. */
  readonly width: number;
  readonly height: number;
  /** Pixel aspect ratio, width over height, after rotation. */
  readonly pixelAspect: Rational;
  readonly pixels: PixelFormat;
  readonly colour: ColourTags;
  readonly sideData: readonly SideData[];
  /** Null without Dolby Vision. */
  readonly dolbyVisionProfile: number | null;
  /** Seconds per tick, exact. */
  readonly timeBase: Rational;
  /** Nominal; frames have their own times, so nothing depends on it. Null when unknown. */
  readonly framesPerSecond: number | null;
  /** Seconds; null when unknown. */
  readonly duration: number | null;
  /** By a flag of the file or of its frames; null: nothing says. */
  readonly interlaceFlag: boolean | null;
}

/** What could be described of a file without a video that can be decoded. */
export interface NoVideo {
  readonly media: MediaInfo | null;
  /** The video stream that has no frame. */
  readonly empty: StreamInfo | null;
}

/** Frames of a source that are decoded. Side data of a video usually comes with every frame. */
const FRAMES = 24;

/**
 * Describes a file and decodes the first `count` frames of its video. `input`: the ffmpeg options that open it. `described`:
 * its description, where it is known.
 */
export async function describeVideo(
  binary: FfmpegBinary,
  input: readonly string[],
  signal: AbortSignal,
  count = FRAMES,
  described: MediaInfo | null = null,
): Promise<VideoDescription | NoVideo> {
  await using early = described ? null : firstStream(binary, input, count, signal);
  const media = described ?? (await describe(binary, input, signal));
  const stream = media && mainVideo(media);
  if (!media || !stream?.video) return { media, empty: null };
  const frames = await (early !== null && stream.index === 0
    ? early.frames
    : firstFrames(binary, input, stream.index, count, signal));
  if (!frames) return { media, empty: stream };
  const { index, codec, timeBase } = stream;
  const format = formatOf(stream.video, frames);
  // VP8 and VP9 hold the transparency in a second picture, which ffmpeg does not decode.
  const hasAlpha = format.pixels.hasAlpha
    ? await isTransparent(binary, input, index, count, signal)
    : /^vp[89]$/.test(codec) && stream.tags['alpha_mode'] === '1';
  return {
    media,
    stream: index,
    codec,
    timeBase,
    duration: media.duration,
    ...format,
    pixels: { ...format.pixels, hasAlpha },
  };
}

/** The video is the first stream of nearly all files: its frames are decoded while the file is described. */
function firstStream(binary: FfmpegBinary, input: readonly string[], count: number, signal: AbortSignal) {
  const stop = new AbortController();
  const frames = firstFrames(binary, input, 0, count, AbortSignal.any([signal, stop.signal]));
  frames.catch(() => {}); // reported where it is asked for
  return {
    frames,
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort(new Error('another stream is the video'));
      await Promise.allSettled([frames]);
    },
  };
}

function formatOf(said: VideoFormat, frames: FirstFrames) {
  const { width, height } = frames;
  return {
    width,
    height,
    pixelAspect: frames.pixelAspect ?? { num: 1, den: 1 },
    pixels: said.pixels ?? frames.pixels ?? UNKNOWN_PIXELS,
    colour: said.colour,
    framesPerSecond: said.framesPerSecond ?? frames.framesPerSecond,
    sideData: [...new Set([...said.sideData, ...frames.sideData])],
    dolbyVisionProfile: said.dolbyVisionProfile,
    interlaceFlag: said.isInterlaced || frames.isInterlaced ? true : said.isInterlaced,
  };
}

/** For a format that ffmpeg cannot name: nothing of it is lost, and it may have alpha. */
const UNKNOWN_PIXELS: PixelFormat = { bitDepth: 16, hasAlpha: true, isFullRange: false, chroma: '4:4:4' };
