import type { Rational } from './frame';

/** Frames per second as a fraction: 29.97 means 30000/1001, 23.98 means 24000/1001, and a whole number itself. */
export function frameRate(fps: number): Rational {
  const ntsc = Math.round(fps * 1.001);
  if (!Number.isInteger(fps) && Math.abs((ntsc * 1000) / 1001 - fps) < NTSC_ROUNDING)
    return { num: ntsc * 1000, den: 1001 };
  return { num: Math.round(fps * 1000), den: 1000 };
}

/** ffmpeg prints two decimals. */
const NTSC_ROUNDING = 0.0051;
