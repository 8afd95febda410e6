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
  /** Index of the film among the streams. */
  readonly stream: number;
  readonly streams: readonly StreamInfo[];
  readonly codec: string;
  /** Pixels as shown, after rotation. */
  readonly width: number;
  readonly height: number;
  /** Width of one pixel over its height, after rotation. */
  readonly pixelAspect: Rational;
  /** Bits of one sample. */
  readonly bitDepth: number;
  readonly isRgb: boolean;
  readonly isFullRange: boolean;
  readonly hasAlpha: boolean;
  readonly colour: ColourTags;
  /** Seconds of one tick of every time in this file, exact. */
  readonly timeBase: Rational;
  /** Nominal; times are carried per frame, so nothing depends on it. Null when the file does not say. */
  readonly framesPerSecond: number | null;
  /** Seconds; null when the file does not say. */
  readonly duration: number | null;
  /** By flag, or, where the flag is missing or doubtful, by looking at the first frames. */
  readonly isInterlaced: boolean;
}

/**
 * What a file holds. By ffmpeg alone, because the bundled build comes without ffprobe: two short runs, one for the text
 * that describes the streams, one for the exact time base.
 * Errors: SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE.
 */
export async function probe(
  binary: FfmpegBinary,
  path: string,
  signal: AbortSignal,
  sequenceRate?: number,
): Promise<VideoInfo> {
  const source = await openSource(path, sequenceRate);
  const { stderr } = await runFfmpegForText(binary, inputOptions(source), signal);
  const described = parseStreams(stderr);
  const video =
    described.streams.find(({ info }) => info.kind === 'video' && !info.isCoverArt) ??
    described.streams.find(({ info }) => info.kind === 'video');
  if (!video) throw refusal(source, stderr, described.streams.length > 0);
  const picture = parseVideoFormat(video.text);
  if (picture.width < 1 || picture.height < 1)
    throw unreadable(source.path, 'it does not say how large its pictures are');
  const quarterTurned = Math.abs(video.rotation) % 180 === 90;
  const turned = <T extends { width: number; height: number }>(p: T): T =>
    quarterTurned ? { ...p, width: p.height, height: p.width } : p;
  const pixelAspect = parseAspect(video.text);
  const stream = video.info.index;
  return {
    source,
    stream,
    streams: described.streams.map(({ info }) => info),
    codec: video.info.codec,
    ...turned(picture),
    pixelAspect: quarterTurned ? { num: pixelAspect.den, den: pixelAspect.num } : pixelAspect,
    timeBase: await readTimeBase(binary, source, stream, signal),
    framesPerSecond: parseRate(video.text),
    duration: described.duration,
    isInterlaced: await detectInterlace(binary, source, stream, video.text, signal),
  };
}

/** The header of ffmpeg's packet list is the one place where it writes a time base as an exact fraction. */
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
  new RemasterError('SOURCE_EMPTY', `${source.path} holds no video frames.`, {
    remedy: 'The recording never started or was cut off; copy it again.',
    detail,
  });

function refusal(source: SourceFile, stderr: string, hasStreams: boolean): RemasterError {
  if (hasStreams)
    return unreadable(source.path, 'it has no video stream', undefined, 'Name a file with pictures in it.', stderr);
  if (/: End of file/.test(stderr)) return noFrames(source, stderr);
  if (/not on whitelist/i.test(stderr)) {
    return unreadable(
      source.path,
      'it is a playlist or a script, not a video',
      undefined,
      'Name the video file itself.',
      stderr,
    );
  }
  if (/moov atom not found/.test(stderr)) {
    return unreadable(
      source.path,
      'its index is missing (the recording or the copy was cut off)',
      undefined,
      'Copy it again, or repair it with the program that recorded it.',
      stderr,
    );
  }
  if (/Permission denied/.test(stderr))
    return unreadable(source.path, 'it may not be read', undefined, undefined, stderr);
  return unreadable(
    source.path,
    'it is not a video that ffmpeg knows',
    undefined,
    'Check that the file is what its name says.',
    stderr,
  );
}
