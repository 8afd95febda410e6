import type { Container } from '../../settings/container';
import type { FfmpegBinary } from './findFfmpeg';
import type { Rational } from './frame';

/** The video's times in ticks: increasing, ≥ 0. */
export interface VideoTimes {
  readonly pts: readonly number[];
  /** When the last frame ends. */
  readonly end: number;
  readonly timeBase: Rational;
}

/** Readers take a larger step between two frames of MP4 and MOV for a negative one. */
const MAX_STEP = 2 ** 31 - 1; // ticks

/** Readers ignore the times of a track in which a frame is shown more ticks after it is decoded. */
const MAX_OFFSET = 2 ** 28; // ticks

/** A reordered frame is decoded at the time of the frame so many before it, or later. */
const MAX_REORDERED = 32; // frames

/**
 * Where ffmpeg does not know the decoding times of the first reordered frames, it counts them in single ticks. They must
 * come before the second frame is shown.
 */
const MIN_FIRST_STEP = 32; // ticks

/** Ticks per second of MP4 and MOV tracks whose own clock is too fine for their longest frame: multiples of usual rates. */
const COARSE = [600_000, 120_000, 90_000, 60_000, 30_000, 12_000, 3000, 1000, 600, 60, 1];

/**
 * The options that set the clock of the output's video track. Matroska always counts milliseconds. `isReordered`: the
 * encoder may store frames in another order than they are shown.
 */
export function clockOptions(
  binary: FfmpegBinary,
  container: Container,
  times: VideoTimes,
  isReordered: boolean,
): string[] {
  if (container === 'mkv') return [];
  const scale = String(timescale(times, isReordered));
  // Without its option, ffmpeg counts the start of a track in milliseconds; the 2018 build has no such option.
  return ['-video_track_timescale', scale, ...(binary.hasFpsMode ? ['-movie_timescale', scale] : [])];
}

/**
 * Ticks per second: those of the source where they fit, else those that the times need, else the finest that fit; or a
 * multiple of them, where the first step would be too short.
 */
function timescale({ pts, end, timeBase: { num, den } }: VideoTimes, isReordered: boolean): number {
  const ticks = (duration: number, scale: number): number => (duration * num * scale) / den;
  const steps = [pts[0]!, ...pts.slice(1).map((time, i) => time - pts[i]!), end - pts.at(-1)!];
  const longest = steps.reduce((most, step) => Math.max(most, step), 0);
  const offset = isReordered ? longestOver(pts, MAX_REORDERED) : 0;
  const fits = (scale: number): boolean =>
    ticks(longest, scale) <= MAX_STEP && ticks(offset, scale) <= MAX_OFFSET && scale <= MAX_STEP;
  const own = den / gcd(num, den);
  const needed = den / gcd(num * steps.reduce(gcd, 0), den);
  let scale = [own, needed, ...COARSE].find(fits)!;
  const first = (pts[1] ?? end) - pts[0]!;
  while (isReordered && ticks(first, scale) < MIN_FIRST_STEP && fits(2 * scale)) scale *= 2;
  return scale;
}

/** The longest time over `count` frames. */
const longestOver = (pts: readonly number[], count: number): number =>
  pts.reduce((most, time, i) => Math.max(most, time - pts[Math.max(0, i - count)]!), 0);

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
