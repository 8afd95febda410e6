import { RemasterError } from '../../src/errors';
import type { LiveRegion } from '../../src/settings/liveJob';
import { show } from '../../src/settings/showValue';

/** `25, 25, 50, 50`: left, top, width and height in percent of the frame; null if the field is empty. */
export function regionIn(text: string | undefined, when: LiveRegion['when']): LiveRegion | null {
  if (text === undefined || text.trim() === '') return null;
  const numbers = text.split(/[,;\s]+/).filter(Boolean).map((word) => Number(word.replace('%', '')) / 100); // prettier-ignore
  const [left = NaN, top = NaN, width = NaN, height = NaN] = numbers;
  const isInside = (start: number, length: number): boolean => start >= 0 && length > 0 && start + length < 1.000001;
  if (numbers.length === 4 && isInside(left, width) && isInside(top, height)) return { left, top, width, height, when };
  throw new RemasterError('BAD_SETTING', `Region ${show(text)} is invalid.`, {
    remedy: 'Enter left, top, width and height in percent, inside the frame (e.g. 25, 25, 50, 50).',
  });
}
