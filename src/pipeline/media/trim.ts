import type { Job } from '../../settings/restoreJob';
import type { Rational } from './frame';

/** Seconds decoded before the range, so that its first frame is complete even if the seek was inexact. */
export const SEEK_MARGIN = 5;

/** The start of the range in ticks: time 0 of the output. */
export const startTick = (trim: Job['trim'], { num, den }: Rational): number =>
  trim ? Math.round((trim.start * den) / num) : 0;
