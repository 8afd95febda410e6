import type { OperatorFunction } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';
import type { FrameProcessor } from '../frames/frameProcessor';
import type { Frame } from '../media/frame';
import { mapInOrder } from './mapInOrder';

/** Frames before and after the model. */
export interface UpscaledFrames {
  readonly before: readonly Frame[];
  readonly after: readonly Frame[];
}

/** Batches that are upscaled at the same time: one waits for the model, one is in it, one is put together from its tiles. */
export const UPSCALED_AT_ONCE = 3;

/**
 * Sends batches of frames through the model.
 *
 *     source  ab   cd|
 *     result  --AB   CD|
 */
export const upscaleFrames = (
  processor: Pick<FrameProcessor, 'run'>,
  window: BackpressureWindow,
  signal: AbortSignal,
): OperatorFunction<readonly Frame[], UpscaledFrames> =>
  mapInOrder(window, async (before, stopped) => ({ before, after: await processor.run(before, stopped) }), {
    weight: (batch) => batch.length,
    atOnce: UPSCALED_AT_ONCE,
    signal,
  });
