import { filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { Frame } from '../media/frame';

/**
 * Appends the time of every frame to `presentationTimes` and skips the frames that an earlier run has finished, by their
 * numbers. They are decoded again, which keeps scene cuts and order exact.
 *
 *     source  a b c d|
 *     result  ----c d|      two are finished
 */
export const skipFinished = (
  isFinished: (index: number) => boolean,
  presentationTimes: number[],
): MonoTypeOperatorFunction<Frame> => filter(({ pts }) => !isFinished(presentationTimes.push(pts) - 1));
