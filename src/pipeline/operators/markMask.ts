import type { MonoTypeOperatorFunction } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';
import type { FrameMasker } from '../frames/inpaint/maskFrames';
import type { Frame } from '../media/frame';
import { mapInOrder } from './mapInOrder';

/**
 * Adds the mask to every frame. `masker` null: frames stay as they are. `from`: seconds before which there is no frame.
 *
 *     source  a  b  c|
 *     result  a' b' c'|
 */
export const markMask = (
  masker: FrameMasker | null,
  from: number,
  window: BackpressureWindow,
): MonoTypeOperatorFunction<Frame> => (masker ? mapInOrder(window, masker.masking(from)) : (source) => source);
