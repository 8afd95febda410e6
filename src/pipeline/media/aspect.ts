import type { Job } from '../../settings/restoreJob';
import type { Rational } from './frame';

interface Size {
  readonly width: number;
  readonly height: number;
}

const SHAPES = { '4:3': { num: 4, den: 3 }, '16:9': { num: 16, den: 9 } } as const;

/**
 * Samples of a line of standard definition that are the picture. ITU-R BT.601 stores 720; the 4:3 or 16:9 of the signal is
 * 704 of them, see docs/decisions.md.
 */
const ACTIVE = 704;
/** Widths of standard definition, and of a half of it. */
const FULL_LINES: ReadonlyMap<number, number> = new Map([
  [720, ACTIVE],
  [704, ACTIVE],
  [360, ACTIVE / 2],
  [352, ACTIVE / 2],
]);
/** Lines of the picture for those of the file. Of NTSC with 486 lines, 480 lines of 10:11 are as wide. */
const SD_LINES: ReadonlyMap<number, number> = new Map([
  [576, 576],
  [288, 576],
  [480, 480],
  [486, 480],
  [240, 480],
]);

/** The pixel aspect ratio that gives a video the wanted shape; null: that of the file. */
export function pixelAspectOf(aspect: Job['aspect'], { width, height }: Size): Rational | null {
  if (aspect === 'auto') return null;
  const shape = SHAPES[aspect];
  const active = FULL_LINES.get(width);
  const lines = SD_LINES.get(height);
  if (active === undefined || lines === undefined) return reduced(shape.num * height, shape.den * width);
  // Half of the columns or of the lines are pixels of twice the width or height.
  const across = ACTIVE / active;
  const down = height <= 288 ? 2 : 1;
  return reduced(shape.num * lines * across, shape.den * ACTIVE * down);
}

/**
 * Says the pixel aspect ratio of what follows. `setsar` alone takes the nearest ratio without numbers above 100, 1:1 for 405:404;
 * 16 bits are what H.264 and H.265 can hold.
 */
export const aspectFilter = ({ num, den }: Rational): string => `setsar=${num}/${den}:max=65535`;

function reduced(num: number, den: number): Rational {
  const divisor = gcd(num, den);
  return { num: num / divisor, den: den / divisor };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
