import type { Job } from '../../settings/restoreJob';
import type { Rational } from './frame';
import { clockJumps } from './gaps/clockJumps';
import type { SourceFile } from './sourceFile';

/** Seconds decoded before the range, so that its first frame is complete even if the seek was inexact. */
const SEEK_MARGIN = 5;

/**
 * Seconds into the file where it is read from. Where its clock jumps, a seek would lead to another place, so all before the
 * range is read too.
 */
export async function readingStart(
  source: Pick<SourceFile, 'path' | 'sequence'>,
  trim: Job['trim'],
  signal: AbortSignal,
): Promise<number> {
  const from = Math.max(0, (trim?.start ?? 0) - SEEK_MARGIN);
  return from > 0 && (await clockJumps(source, signal)).length > 0 ? 0 : from;
}

/** The start of the range in ticks: time 0 of the output. */
export const startTick = (trim: Job['trim'], { num, den }: Rational): number =>
  trim ? Math.round((trim.start * den) / num) : 0;
