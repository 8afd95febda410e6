import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { Frame, Rational } from '../media/frame';

/**
 * Drops frames so that at most `maxFps` per second remain: in each interval of 1/maxFps seconds from the first frame, the
 * first one is kept. Calls `dropped` for each dropped frame. `maxFps` null: all frames.
 *
 *     source  a b c d e f|     50 frames per second
 *     result  a---c---e-|      at most 25
 */
export function limitFrameRate(
  { timeBase }: { readonly timeBase: Rational },
  maxFps: number | null,
  dropped: () => void,
): MonoTypeOperatorFunction<Frame> {
  if (maxFps === null) return (source) => source;
  return (source) =>
    defer(() => {
      let lastInterval = -Infinity;
      let first: number | null = null;
      return source.pipe(
        filter(({ pts }) => {
          // A quarter of an interval early: times rounded to milliseconds must not fall into the previous interval.
          const seconds = ((pts - (first ??= pts)) * timeBase.num) / timeBase.den;
          const interval = Math.floor(seconds * maxFps + 0.25);
          const isKept = interval !== lastInterval;
          lastInterval = interval;
          if (!isKept) dropped();
          return isKept;
        }),
      );
    });
}
