import type { OperatorFunction } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';
import type { Frame } from '../media/frame';
import { mapInOrder } from './mapInOrder';
import type { UpscaledFrames } from './upscaleFrames';

/**
 * Writes frames, one after the other, and passes on the written frames.
 *
 *     source  AB    CD|
 *     write   A-B-  C-D-
 *     result  ----AB----CD|
 */
export const writeFrames = (
  sink: { write(frame: Frame): Promise<void> },
  window: BackpressureWindow,
): OperatorFunction<UpscaledFrames, readonly Frame[]> =>
  mapInOrder(
    window,
    async ({ after }) => {
      for (const frame of after) await sink.write(frame);
      return after;
    },
    { weight: ({ after }) => after.length },
  );
