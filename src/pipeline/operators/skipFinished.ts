import { filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { Frame } from '../media/frame';

/**
 * Appends the time of every frame to `presentationTimes` and skips the frames that an earlier run has finished. They
 * are decoded again, which keeps scene cuts and order exact.
 *
 *     source  a b c d|
 *     result  ----c d|      two are finished
 */
export const skipFinished = (finishedCount: number, presentationTimes: number[]): MonoTypeOperatorFunction<Frame> =>
  filter(({ pts }) => presentationTimes.push(pts) > finishedCount);
