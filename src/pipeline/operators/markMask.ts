import type { MonoTypeOperatorFunction } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';
import type { Frame } from '../media/frame';
import { mapInOrder } from './mapInOrder';

/**
 * Adds the mask to every frame. `mask` null: frames stay as they are.
 *
 *     source  a  b  c|
 *     result  a' b' c'|
 */
export const markMask = (
  mask: ((frame: Frame) => Promise<Frame>) | null,
  window: BackpressureWindow,
): MonoTypeOperatorFunction<Frame> => (mask ? mapInOrder(window, mask) : (source) => source);
