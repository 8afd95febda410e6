import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { RemasterError } from '../../../errors';
import type { Job } from '../../../settings/restoreJob';
import type { VideoInfo } from '../../media/probe';
import { derivedName } from '../derivedName';

/** Why a result is not whole. `what` is lost, as a clause or as sentences. */
export type SourceDamage =
  { readonly kind: 'truncated' | 'changed' } | { readonly kind: 'damaged'; readonly what: string };

/** Whether the source was removed, replaced, truncated or continued since it was opened. */
export async function hasChanged({ source }: Pick<VideoInfo, 'source'>): Promise<boolean> {
  const now = await stat(source.path).catch(() => null);
  return !now || now.size !== source.bytes || now.mtimeMs !== source.modifiedMs;
}

/**
 * Whether a source ends early. `end`: when the last packet or frame ends, in seconds.
 */
export function isTruncated({ duration }: Pick<VideoInfo, 'duration'>, job: Pick<Job, 'trim'>, end: number): boolean {
  const missing = (duration ?? 0) - end;
  return (job.trim?.end ?? null) === null && missing > MAX_MISSING;
}

/** Seconds that a container may promise and not have. */
const MAX_MISSING = 0.5;

/** `number`: from 1, where the names before it are taken. */
export const partialName = (output: string, number = 1): string => {
  const extension = extname(output);
  const after = number === 1 ? '.partial' : `.partial-${number}`;
  return join(dirname(output), derivedName(basename(output, extension), { after, extension }));
};

export function damageError(damage: SourceDamage, { source }: VideoInfo, output: string): RemasterError {
  switch (damage.kind) {
    case 'truncated':
      return new RemasterError(
        'SOURCE_TRUNCATED',
        `${source.path} is truncated; the frames before the cut were saved to ${output}.`,
        { remedy: 'Copy the source again and restart the job, or keep the partial result.' },
      );
    case 'changed':
      return new RemasterError(
        'SOURCE_CHANGED',
        `${source.path} changed while it was being read; the frames read so far were saved to ${output}.`,
        { remedy: 'Wait until the recording or copy has finished, then restart the job.' },
      );
    case 'damaged':
      return new RemasterError(
        'SOURCE_DAMAGED',
        `${source.path} is damaged: ${damage.what}. What could be read was saved to ${output}.`,
        { remedy: 'Copy the source again and restart the job, or keep the partial result.' },
      );
  }
}
