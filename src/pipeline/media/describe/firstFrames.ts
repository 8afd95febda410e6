import { collect, endOf } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import type { Rational } from '../frame';
import { passthrough } from '../passthrough';
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
  const args = [...input, ...outputs(binary, stream, count)];
  await using decoder = runFfmpeg(binary, args, signal, 1 + TESTS.length);
  const [sizes, ...found] = decoder.pipes;
  const [listed, corner, ...marks] = await Promise.all([sizes!, decoder.stdout, ...found].map(collect));
  const text = listed!.toString();
  const has = (mark: Mark): boolean => /^0,/m.test(marks[TESTS.findIndex(({ name }) => name === mark)]!.toString());
  await endOf(decoder, signal); // damage after the first frame is found later
  const [video] = parseListing(text);
  const tag = nutStreamIn(corner!)?.fourcc;
  const bytes = /^0, (?: *[^,]+,){3} *(\d+),/m.exec(text)?.[1];
  if (!video?.size || !tag || bytes === undefined) return null;
  const { width, height } = video.size;
  return {
    ...video.size,
    pixelAspect: video.pixelAspect,
    pixels: tag.equals(UNNAMED) && Number(bytes) !== width * height * 2 ? null : taggedPixelFormat(tag),
    isInterlaced: has('interlaced'),
    framesPerSecond: video.timeBase.den / video.timeBase.num,
    sideData: SIDE_DATA.filter(has),
  };
}

/** The tag of rgb555le (two bytes per pixel), which ffmpeg also writes for formats that have none. */
const UNNAMED = Buffer.from('RGB\x0f', 'latin1');

type Mark = SideData | 'interlaced';

/** Filters that pass the frames with a mark. ffmpeg's types of side data do not all have names in the 2018 build. */
const TESTS: readonly { readonly name: Mark; readonly filter: string; readonly is2018: boolean }[] = [
  { name: 'captions', filter: 'sidedata=mode=select:type=A53_CC', is2018: true },
  { name: 'mastering', filter: 'sidedata=mode=select:type=MASTERING_DISPLAY_METADATA', is2018: true },
  { name: 'light', filter: 'sidedata=mode=select:type=14', is2018: true },
  { name: 'hdr10plus', filter: 'sidedata=mode=select:type=DYNAMIC_HDR_PLUS', is2018: false },
  { name: 'interlaced', filter: "select='gt(interlace_type,0)'", is2018: true },
];

const SIDE_DATA = ['captions', 'mastering', 'light', 'hdr10plus'] as const;

/**
 * File descriptor 3 gets a list of the frames, stdout a corner of the first one in its pixel format, and file descriptors
 * 4, 5, … a list of the frames that pass the first, second, … test. One filter graph for all of it makes ffmpeg 7.0 crash.
 */
function outputs(binary: FfmpegBinary, stream: number, count: number): string[] {
  const first = `trim=end_frame=${count}`;
  const corner = "crop='min(16,iw)':'min(16,ih)':0:0";
  const list = (filters: readonly string[], pipe: number): string[] => [
    ...['-map', `0:${stream}`, '-vf', filters.join(','), ...passthrough(binary), '-f', 'framecrc', `pipe:${pipe}`],
  ];
  return [
    ...list([first], 3),
    ...['-map', `0:${stream}`, '-vf', corner, '-frames:v', '1', '-c:v', 'rawvideo', '-f', 'nut', 'pipe:1'],
    ...TESTS.flatMap(({ filter, is2018 }, i) =>
      is2018 || binary.hasFpsMode ? list([first, filter, corner], 4 + i) : [],
    ),
  ];
}
