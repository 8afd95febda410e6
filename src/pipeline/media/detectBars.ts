import type { Side } from '../../settings/crop';
import type { Job } from '../../settings/restoreJob';
import { ffmpegOutput } from './ffmpegOutput';
import type { FfmpegBinary } from './findFfmpeg';
import type { VideoInfo } from './videoInfo';
import { inputOptions } from './sourceFile';
import { pgmIn } from './traits/pgm';

/** Where in the video a frame is taken. Titles at the start often fill a frame that the rest does not. */
const PLACES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Frames with a picture without which nothing is cut. */
const FEWEST = 3;
/** Mean luma of the outermost line of a bar, which is its black: of 0 or 16, with the noise of a tape. */
const BLACK = 24;
/** By how much the mean of another line of the bar may be brighter, and a sample. */
const BRIGHTER = { line: 5, sample: 20 };
/** Share of the samples of a line that may be brighter still: dropouts. */
const DROPOUTS = 0.005;
/** Seconds. */
const SHORT = 10;
/** Part of the height or the width that bars may have together: 2.39:1 in 4:3 has 44 %. */
const MAX_SHARE = 0.5;

type Bars = Readonly<Record<Side, { readonly unit: 'pixels'; readonly count: number }>>;

/**
 * The black bars around the picture, found in frames at nine places of the video: only lines that are black in all of them. `why`:
 * why none can be told. Conservative: dark frames say nothing, and a subtitle in a bar keeps it.
 */
export async function detectBars(
  binary: FfmpegBinary,
  info: VideoInfo,
  trim: Job['trim'],
  signal: AbortSignal,
): Promise<{ readonly bars: Bars | null; readonly why: string | null }> {
  const found: Record<Side, number>[] = [];
  for (const at of placesIn(info, trim)) {
    const bars = await barsAt(binary, info, at, signal);
    if (bars) found.push(bars);
  }
  if (found.length < Math.min(FEWEST, placesIn(info, trim).length))
    return { bars: null, why: 'too few frames are bright enough to tell bars from the picture' };
  const least = (side: Side): number => Math.min(...found.map((bars) => bars[side]));
  const [left, top, right, bottom] = [least('left'), least('top'), least('right'), least('bottom')];
  if (top + bottom > MAX_SHARE * info.height || left + right > MAX_SHARE * info.width)
    return { bars: null, why: 'more than half of the frame is black' };
  const pixels = (count: number) => ({ unit: 'pixels', count }) as const;
  return { bars: { left: pixels(left), top: pixels(top), right: pixels(right), bottom: pixels(bottom) }, why: null };
}

function placesIn({ duration }: Pick<VideoInfo, 'duration'>, trim: Job['trim']): readonly number[] {
  const start = trim?.start ?? 0;
  const end = Math.min(trim?.end ?? Infinity, duration ?? Infinity);
  return end > start && end < Infinity ? PLACES.map((place) => start + place * (end - start)) : [start];
}

/** Lines at each side of a frame that are black; null: it has no picture, or none was read. */
async function barsAt(
  binary: FfmpegBinary,
  { source, stream, mirror, duration }: VideoInfo,
  at: number,
  signal: AbortSignal,
): Promise<Record<Side, number> | null> {
  const frame = [
    '-map',
    `0:${stream}`,
    '-frames:v',
    '1',
    '-vf',
    [...(mirror ? [mirror] : []), 'format=gray'].join(','),
  ];
  const input = [...(mirror ? ['-noautorotate'] : []), ...inputOptions(source)];
  const seek = ['-ss', at.toFixed(6)];
  // In a short MPEG file without an index, ffmpeg seeks behind the last key frame: it is read from its start.
  const opened = duration !== null && duration < SHORT ? [...input, ...seek] : [...seek, ...input];
  const args = [...opened, ...frame, '-c:v', 'pgm', '-f', 'image2pipe', 'pipe:1'];
  const luma = pgmIn(await ffmpegOutput(binary, args, signal));
  if (!luma) return null;
  const { width, height, data } = luma;
  const row = (y: number): Line => ({ count: width, at: (x) => data[y * width + x]! });
  const column = (x: number): Line => ({ count: height, at: (y) => data[y * width + x]! });
  const top = blackLines(height, row);
  if (top === height) return null;
  const bottom = blackLines(height, (y) => row(height - 1 - y));
  const left = blackLines(width, column);
  return { left, top, right: blackLines(width, (x) => column(width - 1 - x)), bottom };
}

/** The samples of a row or a column. */
interface Line {
  readonly count: number;
  at(index: number): number;
}

/** How many lines from the edge inwards are black. */
function blackLines(count: number, line: (index: number) => Line): number {
  const black = meanOf(line(0));
  if (black > BLACK) return 0;
  let lines = 1;
  while (lines < count && isBlack(line(lines), black)) lines++;
  return lines;
}

function isBlack(line: Line, black: number): boolean {
  let bright = 0;
  for (let i = 0; i < line.count; i++) if (line.at(i) > black + BRIGHTER.sample) bright++;
  return bright <= DROPOUTS * line.count && meanOf(line) <= black + BRIGHTER.line;
}

function meanOf({ count, at }: Line): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += at(i);
  return sum / count;
}
