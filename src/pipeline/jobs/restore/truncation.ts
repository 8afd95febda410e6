import { existsSync } from 'node:fs';
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

/** An error that comes from a change of the source becomes SOURCE_CHANGED; any other one is thrown again. */
export const orChanged =
  (info: Pick<VideoInfo, 'source'>, signal: AbortSignal) =>
  async (error: unknown): Promise<never> => {
    signal.throwIfAborted();
    throw (await hasChanged(info)) ? damageError({ kind: 'changed' }, info, null, error) : error;
  };

/**
 * Whether a source ends early. `end`: when the last packet or frame ends, in seconds.
 */
export function isTruncated({ duration }: Pick<VideoInfo, 'duration'>, job: Pick<Job, 'trim'>, end: number): boolean {
  const missing = (duration ?? 0) - end;
  return (job.trim?.end ?? null) === null && missing > MAX_MISSING;
}

/** Seconds that a container may promise and not have. */
export const MAX_MISSING = 0.5;

/** `number`: from 1, where the names before it are taken. */
export const partialName = (output: string, number = 1): string => {
  const extension = extname(output);
  const after = number === 1 ? '.partial' : `.partial-${number}`;
  return join(dirname(output), derivedName(basename(output, extension), { after, extension }));
};

/** `output`: where the rest was saved; null: nowhere. */
export function damageError(
  damage: SourceDamage,
  { source }: Pick<VideoInfo, 'source'>,
  output: string | null,
  cause?: unknown,
): RemasterError {
  const { path } = source;
  const saved = (what: string): string => (output === null ? '' : `; ${what} were saved to ${output}`);
  const keep = output === null ? '' : ', or keep the partial result';
  switch (damage.kind) {
    case 'truncated':
      return new RemasterError('SOURCE_TRUNCATED', `${path} is truncated${saved('the frames before the cut')}.`, {
        remedy: `Copy the source again and restart the job${keep}.`,
        cause,
      });
    case 'changed': {
      const [what, remedy] = existsSync(path)
        ? ['changed', 'Wait until the recording or copy has finished, then restart the job.']
        : ['was removed', `Put it back and restart the job${keep}.`];
      const message = `${path} ${what} while it was being read${saved('the frames read so far')}.`;
      return new RemasterError('SOURCE_CHANGED', message, { remedy, cause });
    }
    case 'damaged':
      return new RemasterError(
        'SOURCE_DAMAGED',
        `${path} is damaged: ${damage.what}.${output === null ? '' : ` What could be read was saved to ${output}.`}`,
        { remedy: `Copy the source again and restart the job${keep}.`, cause },
      );
  }
}
