import { filter, type MonoTypeOperatorFunction, pipe, takeWhile } from 'rxjs';
import type { Job } from '../../settings/restoreJob';
import type { Frame, Rational } from '../media/frame';
import { startTick } from '../media/trim';

/**
 * Keeps only the frames in the range of the job. The first frame behind it ends the source.
 *
 *     source  a b c d e f|
 *     result  ----c d|         from c up to e
 */
export function trimFrames(
  { timeBase }: { readonly timeBase: Rational },
  { trim }: Pick<Job, 'trim'>,
): MonoTypeOperatorFunction<Frame> {
  const start = trim ? startTick(trim, timeBase) : -Infinity;
  const end = trim?.end ? (trim.end * timeBase.den) / timeBase.num : Infinity;
  return pipe(
    takeWhile(({ pts }) => pts < end),
    filter(({ pts }) => pts >= start),
  );
}
