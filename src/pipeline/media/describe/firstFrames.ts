import { collect } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import type { Rational } from '../frame';
import { nutStreamIn } from '../readNut';
import { runFfmpeg } from '../runFfmpeg';
import { parseListing } from './listing';
import type { SideData } from './mediaInfo';
import { type PixelFormat, taggedPixelFormat } from './pixelFormat';

/** The first frames of a video, as ffmpeg decodes and rotates them. */
export interface FirstFrames {
  /** Pixels as displayed. */
  readonly width: number;
  readonly height: number;
  /** Width over height of a pixel; null: not said. */
  readonly pixelAspect: Rational | null;
  /** Null for one that ffmpeg cannot name. */
  readonly pixels: PixelFormat | null;
  /** By the decoder's flag. */
  readonly isInterlaced: boolean;
  readonly framesPerSecond: number;
  readonly sideData: readonly SideData[];
}

/** Decodes the first `count` frames of a stream; null when there are none. */
export async function firstFrames(
  binary: FfmpegBinary,
  input: readonly string[],
  stream: number,
  count: number,
  signal: AbortSignal,
): Promise<FirstFrames | null> {
  const passthrough = binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];
  await using decoder = runFfmpeg(
    binary,
    [
      ...input,
      ...['-filter_complex', graph(binary, stream, count)],
      ...['-map', '[size]', ...passthrough, '-f', 'framecrc', 'pipe:3'],
      ...['-map', '[corner]', '-frames:v', '1', '-c:v', 'rawvideo', '-f', 'nut', 'pipe:1'],
    ],
    signal,
  );
  const [text, corner] = await Promise.all([collect(decoder.fd3), collect(decoder.stdout)]);
  await decoder.ended.catch(() => signal.throwIfAborted()); // damage after the first frame is found later
  const [video] = parseListing(text.toString());
  const tag = nutStreamIn(corner)?.fourcc;
  const bytes = /^0, (?: *[^,]+,){3} *(\d+),/m.exec(text.toString())?.[1];
  if (!video?.size || !tag || bytes === undefined) return null;
  const { width, height } = video.size;
  const names = new Set([...text.toString().matchAll(/^has=(\w+)$/gm)].map(([, name]) => name!));
  return {
    ...video.size,
    pixelAspect: video.pixelAspect,
    pixels: tag.equals(UNNAMED) && Number(bytes) !== width * height * 2 ? null : taggedPixelFormat(tag),
    isInterlaced: names.has(INTERLACED),
    framesPerSecond: video.timeBase.den / video.timeBase.num,
    sideData: TYPES.map(({ name }) => name).filter((name) => names.has(name)),
  };
}

/** The tag of rgb555le (two bytes per pixel), which ffmpeg also writes for formats that have none. */
const UNNAMED = Buffer.from('RGB\x0f', 'latin1');

const INTERLACED = 'interlaced';

/** ffmpeg's types of side data of frames. Not every one has a name in the 2018 build. */
const TYPES: readonly { readonly name: SideData; readonly type: string; readonly is2018: boolean }[] = [
  { name: 'captions', type: 'A53_CC', is2018: true },
  { name: 'mastering', type: 'MASTERING_DISPLAY_METADATA', is2018: true },
  { name: 'light', type: '14', is2018: true },
  { name: 'hdr10plus', type: 'DYNAMIC_HDR_PLUS', is2018: false },
];

/**
 * `[size]`: the frames. `[corner]`: a corner of the first one, which has the same pixel format. File descriptor 3 gets
 * `has=NAME` for each frame with this side data.
 */
function graph(binary: FfmpegBinary, stream: number, count: number): string {
  const types = TYPES.filter(({ is2018 }) => is2018 || binary.hasFpsMode);
  const tests = [
    ...types.map(({ name, type }) => ({ name, filter: `sidedata=mode=select:type=${type}` })),
    { name: INTERLACED, filter: "select='gt(interlace_type,0)'" },
  ];
  const outputs = tests.map((_, i) => `[t${i}]`).join('');
  return [
    `[0:${stream}]trim=end_frame=${count},split=${tests.length + 2}[size][all]${outputs}`,
    "[all]crop='min(16,iw)':'min(16,ih)':0:0[corner]",
    ...tests.map(({ name, filter }, i) => `[t${i}]${filter},${printed(binary, name)},nullsink`),
  ].join(';');
}

/**
 * The 2018 build adds metadata only to frames that have some: idet gives them some. ffmpeg 7 closes the pipe with the first
 * output that ends, so the lines are not buffered; 2018 knows no other way.
 */
const printed = (binary: FfmpegBinary, name: string): string =>
  `idet,metadata=mode=add:key=has:value=${name},` +
  `metadata=mode=print:key=has:file='pipe\\:3'${binary.hasFpsMode ? ':direct=1' : ''}`;
