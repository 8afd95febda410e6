import type { Rational } from './frame';

/** One stream of a file, as described by ffmpeg. */
export interface StreamInfo {
  readonly index: number;
  readonly kind: 'video' | 'audio' | 'subtitle' | 'data' | 'attachment';
  readonly codec: string;
  /** A cover image, not a video. */
  readonly isCoverArt: boolean;
}

export interface ParsedStreams {
  readonly duration: number | null;
  readonly streams: { info: StreamInfo; text: string; rotation: number }[];
}

/**
 * Parses the output of `ffmpeg -i`. Metadata values cannot be mistaken for a stream: ffmpeg indents them after a colon.
 */
export function parseStreams(text: string): ParsedStreams {
  const streams: ParsedStreams['streams'] = [];
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
        isCoverArt: /\(attached pic\)|\(still image\)/.test(rest),
      };
      streams.push({ info, text: rest, rotation: 0 });
    }
    const rotation = /^ {6,}displaymatrix: rotation of (-?[\d.]+) degrees/.exec(line);
    const last = streams.at(-1);
    if (rotation && last) last.rotation = Math.round(Number(rotation[1]));
  }
  const duration = /^ {2}Duration: (\d+):(\d\d):(\d\d\.\d+)/m.exec(text);
  return {
    streams,
    duration: duration ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]) : null,
  };
}

/** Size, bit depth, pixel format and colour tags from the line of a video stream. */
export function parseVideoFormat(text: string) {
  // codec (profile) (tag), pixel format(range, matrix/primaries/transfer, field order), 1920x1080 [SAR …], …
  const found = /, ([a-z]\w*)(?:\(([^)]*)\))?, (\d+)x(\d+)/.exec(text) ?? /, ()()(\d+)x(\d+)/.exec(text);
  const [, format = '', notes = '', width = '0', height = '0'] = found ?? [];
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

function bitDepthOf(pixelFormat: string): number {
  if (/^(p0|p2|p4)1[0-6]/.test(pixelFormat)) return Number(pixelFormat.slice(2, 4));
  const planar = /(?:p|gray|ya)(9|10|12|14|16)(?:le|be)?$/.exec(pixelFormat);
  if (planar) return Number(planar[1]);
  if (/^(v210|v410|y210|x2rgb10|x2bgr10|nv20|xv30)/.test(pixelFormat)) return 10;
  return /^(rgb48|bgr48|rgba64|bgra64|ayuv64|xyz12)/.test(pixelFormat) ? 16 : 8;
}

/** Pixel aspect ratio, width over height; 1:1 when unknown. */
export function parseAspect(text: string): Rational {
  const found = /SAR (\d+):(\d+)/.exec(text);
  const [num, den] = [Number(found?.[1] ?? 1), Number(found?.[2] ?? 1)];
  return num > 0 && den > 0 ? { num, den } : { num: 1, den: 1 }; // 0:1 means unknown
}

/** Nominal frames per second; null when unknown. */
export function parseRate(text: string): number | null {
  const found = /, ([\d.]+)(k?) fps/.exec(text) ?? /, ([\d.]+)(k?) tbr/.exec(text);
  const rate = Number(found?.[1] ?? 0) * (found?.[2] ? 1000 : 1);
  return rate > 0 ? rate : null;
}
