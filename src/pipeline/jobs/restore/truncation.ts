import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { RemasterError } from '../../../errors';
import type { Job } from '../../../settings/restoreJob';
import type { VideoInfo } from '../../media/probe';
import { derivedName } from '../derivedName';

export type SourceDamage = 'truncated' | 'changed';

/**
 * Checks the source after all of it was read: whether it has changed meanwhile, or ends early. `end`: when the last packet
 * or frame ends, in seconds.
 */
export async function sourceDamage(
  { source, duration }: VideoInfo,
  job: Job,
  end: number,
): Promise<SourceDamage | null> {
  const now = await stat(source.path).catch(() => null);
  if (!now || now.size !== source.bytes || now.mtimeMs !== source.modifiedMs) return 'changed';
  const missing = (duration ?? 0) - end;
  return (job.trim?.end ?? null) === null && missing > MAX_MISSING ? 'truncated' : null;
}

/** Seconds that a container may promise and not have. */
const MAX_MISSING = 0.5;

export const partialName = (output: string): string => {
  const extension = extname(output);
  return join(dirname(output), derivedName(basename(output, extension), { after: '.partial', extension }));
};

export const damageError = (damage: SourceDamage, { source }: VideoInfo, output: string): RemasterError =>
  damage === 'truncated'
    ? new RemasterError(
        'SOURCE_TRUNCATED',
        `${source.path} is truncated; the frames before the cut were saved to ${output}.`,
        {
          remedy: 'Copy the source again and restart the job, or keep the partial result.',
        },
      )
    : new RemasterError(
        'SOURCE_CHANGED',
        `${source.path} changed while it was being read; the frames read so far were saved to ${output}.`,
        {
          remedy: 'Wait until the recording or copy has finished, then restart the job.',
        },
      );
