import type { Rational } from './frame';

/** Frames per second as a reduced fraction: 29.97 means 30000/1001, 23.98 means 24000/1001, and a whole number itself. */
export function frameRate(fps: number): Rational {
  const ntsc = Math.round(fps * 1.001);
  const isNtsc = !Number.isInteger(fps) && Math.abs((ntsc * 1000) / 1001 - fps) < NTSC_ROUNDING;
  return isNtsc ? reduced(ntsc * 1000, 1001) : reduced(Math.round(fps * 1000), 1000);
}

/** ffmpeg prints two decimals. */
const NTSC_ROUNDING = 0.0051;

/** NUT has no other fractions. */
function reduced(num: number, den: number): Rational {
  const divisor = gcd(num, den);
  return { num: num / divisor, den: den / divisor };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
