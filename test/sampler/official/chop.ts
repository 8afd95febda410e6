import { requireSetting } from '../../../src/sampler/setting';

/**
 * Tile positions of ResShift's script on one axis: 0, stride, 2·stride, …; the last is moved back inside, and an
 * axis shorter than `size` has one shorter tile. Its tiles are then averaged without weights, see `weightedMean`.
 */
export function chopStarts(length: number, size: number, stride: number): readonly number[] {
  requireSetting(
    'stride',
    stride,
    `a whole number from 1 to ${size}`,
    Number.isInteger(stride) && stride >= 1 && stride <= size,
  );
  const starts = Array.from({ length: Math.ceil(length / stride) }, (_, k) =>
    Math.max(0, Math.min(k * stride, length - size)),
  );
  return [...new Set(starts)];
}
