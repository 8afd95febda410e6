import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Frame } from '../media/frame';
import type { UpscaledFrames } from './upscaleFrames';

/**
 * Shows the newest frame before and after the model.
 *
 *     source  AB  CD|
 *     show    B   D
 *     result  AB  CD|
 */
export const tapPreview = (
  show: ((before: Frame, after: Frame) => void) | null,
): MonoTypeOperatorFunction<UpscaledFrames> => tap(({ before, after }) => show?.(before.at(-1)!, after.at(-1)!));
