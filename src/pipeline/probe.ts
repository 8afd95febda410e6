import { RemasterError } from '../errors';
import type { FfmpegBinary } from './ffmpegBinary';
import { ffmpegText } from './ffmpegProcess';
import type { ColourTags } from './colour';
import type { Rational } from './frame';
import { inputOptions, openSource, type SourceFile, unreadable } from './source';

/** One stream of a file, in ffmpeg's words. */
export interface StreamInfo {
  readonly index: number;
  readonly kind: 'video' | 'audio' | 'subtitle' | 'data' | 'attachment';
  readonly codec: string;
  /** A cover picture, not a film. */
  readonly isPicture: boolean;
}

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
export async function probe(binary: FfmpegBinary, path: string, signal: AbortSignal): Promise<VideoInfo> {
  const source = await openSource(path);
  const { stderr } = await ffmpegText(binary, inputOptions(source), signal);
  const described = describe(stderr);
  const video =
    described.streams.find(({ info }) => info.kind === 'video' && !info.isPicture) ??
    described.streams.find(({ info }) => info.kind === 'video');
  if (!video) throw refusal(source, stderr, described.streams.length > 0);
  const picture = parsePicture(video.text, source);
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
    isInterlaced: await lookForFields(binary, source, stream, video.text, signal),
  };
}

interface Described {
  readonly duration: number | null;
  readonly streams: { info: StreamInfo; text: string; rotation: number }[];
}

/** Reads the text that `ffmpeg -i` prints. Values of metadata cannot pass for a stream: ffmpeg indents them behind a colon. */
export function describe(text: string): Described {
  const streams: Described['streams'] = [];
  for (const line of text.split('\n')) {
    const head =
      /^ {2,4}Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\([^)]*\))?: (Video|Audio|Subtitle|Data|Attachment): (.*)$/.exec(
        line,
      );
    if (head && Number(head[1]) === streams.length) {
      const rest = head[3]!;
      const info: StreamInfo = {
        index: streams.length,
        kind: head[2]!.toLowerCase() as StreamInfo['kind'],
        codec: /^[\w-]+/.exec(rest)?.[0] ?? 'unknown',
        isPicture: /\(attached pic\)|\(still image\)/.test(rest),
      };
      streams.push({ info, text: rest, rotation: 0 });
    }
    const turn = /^ {6,}displaymatrix: rotation of (-?[\d.]+) degrees/.exec(line);
    const last = streams.at(-1);
    if (turn && last) last.rotation = Math.round(Number(turn[1]));
  }
  const duration = /^ {2}Duration: (\d+):(\d\d):(\d\d\.\d+)/m.exec(text);
  return {
    streams,
    duration: duration ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]) : null,
  };
}

function parsePicture(text: string, source: SourceFile) {
  // codec (profile) (tag), pixel format(range, matrix/primaries/transfer, field order), 1920x1080 [SAR …], …
  const found = /, ([a-z]\w*)(?:\(([^)]*)\))?, (\d+)x(\d+)/.exec(text) ?? /, ()()(\d+)x(\d+)/.exec(text);
  const [, format = '', notes = '', width = '0', height = '0'] = found ?? [];
  if (Number(width) < 1 || Number(height) < 1)
    throw unreadable(source.path, 'it does not say how large its pictures are');
  const words = notes.split(', ');
  const names = words.map((word) => word.split('/')).find((parts) => parts.length === 3);
  const single = words.find((word) => SINGLE_TAG.test(word));
  const tag = (name: string | undefined) => (!name || name === 'unknown' || name === 'reserved' ? null : name);
  const [matrix, primaries, transfer] = names ?? [single, single, single];
  return {
    width: Number(width),
    height: Number(height),
    bitDepth: bitDepthOf(format),
    isRgb: /^(gbr|rgb|bgr|argb|abgr|rgba|bgra|0rgb|0bgr|pal8|x2rgb)/.test(format),
    isFullRange: format.startsWith('yuvj') || /^(gray|ya|mono)/.test(format),
    hasAlpha: /^(yuva|gbrap|argb|rgba|abgr|bgra|ya\d|rgba64|bgra64)/.test(format),
    colour: {
      matrix: tag(matrix),
      primaries: tag(primaries),
      transfer: tag(transfer),
      range: words.includes('tv') ? ('tv' as const) : words.includes('pc') ? ('pc' as const) : null,
    },
  };
}

/** All three tags equal are printed once. */
const SINGLE_TAG = /^(bt709|bt470bg|smpte170m|smpte240m|fcc|gbr|bt2020nc|ycgco)$/;

export function bitDepthOf(pixelFormat: string): number {
  if (/^(p0|p2|p4)1[0-6]/.test(pixelFormat)) return Number(pixelFormat.slice(2, 4));
  const planar = /(?:p|gray|ya)(9|10|12|14|16)(?:le|be)?$/.exec(pixelFormat);
  if (planar) return Number(planar[1]);
  if (/^(v210|v410|y210|x2rgb10|x2bgr10|nv20|xv30)/.test(pixelFormat)) return 10;
  return /^(rgb48|bgr48|rgba64|bgra64|ayuv64|xyz12)/.test(pixelFormat) ? 16 : 8;
}

function parseAspect(text: string): Rational {
  const found = /SAR (\d+):(\d+)/.exec(text);
  const [num, den] = [Number(found?.[1] ?? 1), Number(found?.[2] ?? 1)];
  return num > 0 && den > 0 ? { num, den } : { num: 1, den: 1 }; // 0:1 means unknown
}

function parseRate(text: string): number | null {
  const found = /, ([\d.]+)(k?) fps/.exec(text) ?? /, ([\d.]+)(k?) tbr/.exec(text);
  const rate = Number(found?.[1] ?? 0) * (found?.[2] ? 1000 : 1);
  return rate > 0 ? rate : null;
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
  const { stdout, stderr } = await ffmpegText(binary, args, signal);
  const found = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout);
  if (!found || !/^0, /m.test(stdout)) throw noFrames(source, stderr);
  return { num: Number(found[1]), den: Number(found[2]) };
}

export const noFrames = (source: SourceFile, detail = '') =>
  new RemasterError('SOURCE_EMPTY', `${source.path} holds no video frames.`, {
    remedy: 'The recording never started or was cut off; copy it again.',
    detail,
  });

/** Frames looked at to tell interlaced from progressive. */
const FIELD_SAMPLE = 120;

async function lookForFields(
  binary: FfmpegBinary,
  source: SourceFile,
  stream: number,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (
    /\bprogressive\b/.test(text) ||
    !/^(mpeg2video|mpeg1video|mpeg4|h264|vc1|dvvideo|prores|ffv1|rawvideo|huffyuv|ffvhuff|utvideo|dnxhd|v210|mjpeg)/.test(
      text,
    )
  )
    return false;
  const isFlagged = /(top|bottom)( coded)? first/.test(text);
  if (!isFlagged && /^(h264|mjpeg)/.test(text)) return false; // these always flag it when it is so
  // Flagged film is often progressive inside (25p on DVD), and old codecs often do not flag: the pictures decide.
  const args = [
    ...inputOptions(source),
    '-map',
    `0:${stream}`,
    '-frames:v',
    String(FIELD_SAMPLE),
    '-vf',
    'idet',
    '-f',
    'null',
    '-',
  ];
  const { stderr } = await ffmpegText(binary, args, signal);
  const count = /Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)/.exec(stderr);
  const [interlaced, progressive] = [Number(count?.[1] ?? 0) + Number(count?.[2] ?? 0), Number(count?.[3] ?? 0)];
  return interlaced + progressive >= 10 ? interlaced > progressive : isFlagged;
}

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
