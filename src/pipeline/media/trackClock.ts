import type { Container } from '../../settings/container';
import type { FfmpegBinary } from './findFfmpeg';
import type { Rational } from './frame';

/** The video's times in ticks: increasing, ≥ 0. */
export interface VideoTimes {
  readonly pts: readonly number[];
  /** When the last frame ends; null when unknown. */
  readonly end: number | null;
  readonly timeBase: Rational;
}

/** Readers take a larger step between two frames of MP4 and MOV for a negative one. */
const MAX_STEP = 2 ** 31 - 1;

/** Readers ignore the times of a track in which a frame is shown more ticks after it is decoded. */
const MAX_OFFSET = 2 ** 28;

/** Encoders put at most this many frames between two that refer to each other. */
const MAX_B_FRAMES = 16;

/** Ticks per second of MP4 and MOV tracks whose own clock is too fine for their longest frame: multiples of usual rates. */
const COARSE = [600_000, 120_000, 90_000, 60_000, 30_000, 12_000, 3000, 1000, 600, 60, 1];

/**
 * The options that set the clock of the output's video track. Matroska always counts milliseconds. `decodeDelay`: frames
 * that the decoder holds back to reorder them.
 */
export function clockOptions(
  binary: FfmpegBinary,
  container: Container,
  times: VideoTimes,
  decodeDelay: number,
): string[] {
  if (container === 'mkv') return [];
  const scale = String(timescale(times, decodeDelay > 0 ? decodeDelay + MAX_B_FRAMES : 0));
  // Without its option, ffmpeg counts the start of a track in milliseconds; the 2018 build has no such option.
  return ['-video_track_timescale', scale, ...(binary.hasFpsMode ? ['-movie_timescale', scale] : [])];
}

/**
 * Ticks per second: those of the source where they fit, else those that the times need, else the finest that fit.
 * `reordered`: a frame may be decoded at the time of the frame so many before it.
 */
function timescale({ pts, end, timeBase: { num, den } }: VideoTimes, reordered: number): number {
  const ends = [...(end === null ? [] : [end])];
  const steps = [pts[0]!, ...pts.slice(1).map((time, i) => time - pts[i]!), ...ends.map((time) => time - pts.at(-1)!)];
  const longest = steps.reduce((most, step) => Math.max(most, step), 0);
  const offset = pts.reduce((most, time, i) => Math.max(most, time - pts[Math.max(0, i - reordered)]!), 0);
  const ticks = (duration: number, scale: number): number => (duration * num * scale) / den;
  const fits = (scale: number): boolean =>
    ticks(longest, scale) <= MAX_STEP && ticks(offset, scale) <= MAX_OFFSET && scale <= MAX_STEP;
  const own = den / gcd(num, den);
  if (fits(own)) return own;
  const common = num * steps.reduce(gcd, 0);
  const needed = den / gcd(common, den);
  return fits(needed) ? needed : COARSE.find(fits)!;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
