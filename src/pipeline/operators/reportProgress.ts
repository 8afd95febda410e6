import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Frame } from '../media/frame';

/**
 * Reports written frames. `seen`: how many frames of the source were seen so far.
 *
 *     source  AB     CD|
 *     meter   +2     +2
 *     result  AB     CD|
 */
export const reportProgress = (
  meter: { advance(frames: number, pts: number, seen: number): void },
  seen: () => number,
): MonoTypeOperatorFunction<readonly Frame[]> =>
  tap((frames) => meter.advance(frames.length, frames.at(-1)!.pts, seen()));
