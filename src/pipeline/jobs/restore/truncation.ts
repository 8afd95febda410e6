import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { RemasterError } from '../../../errors';
import type { Job } from '../../../settings/restoreJob';
import type { VideoInfo } from '../../media/probe';

export type SourceDamage = 'truncated' | 'changed';

/** What was wrong with the source, now that all of it was read. */
export async function sourceDamage(
  { source, duration, timeBase }: VideoInfo,
  job: Job,
  lastPts: number,
  complaints: string,
): Promise<SourceDamage | null> {
  const now = await stat(source.path).catch(() => null);
  if (!now || now.size !== source.bytes || now.mtimeMs !== source.modifiedMs) return 'changed';
  const isCutOff = /File ended prematurely|partial file|Truncated|truncated/.test(complaints);
  const missing = (duration ?? 0) - (lastPts * timeBase.num) / timeBase.den;
  return isCutOff && (job.trim?.end ?? null) === null && missing > 0.5 ? 'truncated' : null;
}

export const partialName = (output: string): string => {
  const ending = extname(output);
  return `${output.slice(0, output.length - ending.length)}.partial${ending}`;
};

export const damageError = (torn: SourceDamage, { source }: VideoInfo, output: string): RemasterError =>
  torn === 'truncated'
    ? new RemasterError(
        'SOURCE_TRUNCATED',
        `${source.path} ends in the middle: it was cut off. What was there is restored in ${output}.`,
        {
          remedy: 'Copy the source again and restore it once more, or keep the part.',
        },
      )
    : new RemasterError(
        'SOURCE_CHANGED',
        `${source.path} changed while it was read. What was read is restored in ${output}.`,
        {
          remedy: 'Wait until the recording or the copy has ended and start again.',
        },
      );
