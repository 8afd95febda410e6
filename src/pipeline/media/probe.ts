import { RemasterError } from '../../errors';
import type { ColourTags } from './colour';
import { detectInterlace } from './detectInterlace';
import type { FfmpegBinary } from './findFfmpeg';
import type { Rational } from './frame';
import { parseStreams, parseAspect, parseVideoFormat, parseRate, type StreamInfo } from './parseStreams';
import { runFfmpegForText } from './runFfmpeg';
import { inputOptions, openSource, type SourceFile, unreadable } from './sourceFile';

export interface VideoInfo {
  readonly source: SourceFile;
  /** Index of the video stream. */
  readonly stream: number;
  readonly streams: readonly StreamInfo[];
  readonly codec: string;
  /** Pixels as displayed, after rotation. */
  readonly width: number;
  readonly height: number;
  /** Pixel aspect ratio, width over height, after rotation. */
  readonly pixelAspect: Rational;
  /** Bits per sample. */
  readonly bitDepth: number;
  readonly isRgb: boolean;
  readonly isFullRange: boolean;
  readonly hasAlpha: boolean;
  readonly colour: ColourTags;
  /** Seconds per tick, exact. */
  readonly timeBase: Rational;
  /** Nominal; frames have their own times, so nothing depends on it. Null when unknown. */
  readonly framesPerSecond: number | null;
  /** Seconds; null when unknown. */
  readonly duration: number | null;
  /** By its flag or, if that is missing or unreliable, by analysis of the first frames. */
  readonly isInterlaced: boolean;
}

/**
 * Describes a video file. Uses only ffmpeg, because the bundled build has no ffprobe: one short run for the description
 * of the streams and one for the exact time base. Errors: SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE.
 */
export async function probe(
  binary: FfmpegBinary,
  path: string,
  signal: AbortSignal,
  sequenceRate?: number,
): Promise<VideoInfo> {
  const source = await openSource(path, sequenceRate);
  const { stderr } = await runFfmpegForText(binary, inputOptions(source), signal);
  const parsed = parseStreams(stderr);
  const video =
    parsed.streams.find(({ info }) => info.kind === 'video' && !info.isCoverArt) ??
    parsed.streams.find(({ info }) => info.kind === 'video');
  if (!video) throw probeError(source, stderr, parsed.streams.length > 0);
  const format = parseVideoFormat(video.text);
  if (format.width < 1 || format.height < 1) throw unreadable(source.path, 'its frame size is unknown');
  const isRotated = Math.abs(video.rotation) % 180 === 90;
  const rotate = <T extends { width: number; height: number }>(p: T): T =>
    isRotated ? { ...p, width: p.height, height: p.width } : p;
  const pixelAspect = parseAspect(video.text);
  const stream = video.info.index;
  return {
    source,
    stream,
    streams: parsed.streams.map(({ info }) => info),
    codec: video.info.codec,
    ...rotate(format),
    pixelAspect: isRotated ? { num: pixelAspect.den, den: pixelAspect.num } : pixelAspect,
    timeBase: await readTimeBase(binary, source, stream, signal),
    framesPerSecond: parseRate(video.text),
    duration: parsed.duration,
    isInterlaced: await detectInterlace(binary, source, stream, video.text, signal),
  };
}

/** Only the header of ffmpeg's packet list has the time base as an exact fraction. */
async function readTimeBase(
  binary: FfmpegBinary,
  source: SourceFile,
  stream: number,
  signal: AbortSignal,
): Promise<Rational> {
  const args = [
    '-v',
    'error',
    ...inputOptions(source),
    '-map',
    `0:${stream}`,
    '-c',
    'copy',
    '-frames:v',
    '1',
    '-f',
    'framecrc',
    'pipe:1',
  ];
  const { stdout, stderr } = await runFfmpegForText(binary, args, signal);
  const found = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout);
  if (!found || !/^0, /m.test(stdout)) throw noFrames(source, stderr);
  return { num: Number(found[1]), den: Number(found[2]) };
}

export const noFrames = (source: SourceFile, detail = '') =>
  new RemasterError('SOURCE_EMPTY', `${source.path} contains no video frames.`, {
    remedy: 'The recording never started or is truncated; copy the file again.',
    detail,
  });

function probeError(source: SourceFile, stderr: string, hasStreams: boolean): RemasterError {
  if (hasStreams)
    return unreadable(source.path, 'it has no video stream', undefined, 'Choose a file with a video stream.', stderr);
  if (/: End of file/.test(stderr)) return noFrames(source, stderr);
  if (/not on whitelist/i.test(stderr)) {
    return unreadable(
      source.path,
      'it is a playlist or a script, not a video',
      undefined,
      'Use the video file itself.',
      stderr,
    );
  }
  if (/moov atom not found/.test(stderr)) {
    return unreadable(
      source.path,
      'its index is missing (the recording or the copy is incomplete)',
      undefined,
      'Copy it again, or repair it with the program that recorded it.',
      stderr,
    );
  }
  if (/Permission denied/.test(stderr))
    return unreadable(source.path, 'permission denied', undefined, undefined, stderr);
  return unreadable(
    source.path,
    'ffmpeg does not recognize the format',
    undefined,
    'Check that the file is a video.',
    stderr,
  );
}
