import type { ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import { type SourceFile } from '../../media/sourceFile';
import { sourceIdentity } from '../../media/sourceIdentity';
import type { JobIdentity } from '../journal';

/** What takes part in the result besides the settings. */
export interface JobParts {
  readonly source: SourceFile;
  readonly mask: SourceFile | null;
  readonly model: Pick<ModelInfo, 'sha256'>;
  readonly faceFinder: string | null;
  readonly encoding: Encoding;
}

/**
 * Everything that decides the frames and bytes of the segments, by name. Where and how fast the job runs, where its
 * files are and what is done after the last frame are not part of it.
 */
export async function jobIdentity(job: Job, parts: JobParts): Promise<JobIdentity> {
  const { input, output, overwrite, resume, discard, model, mask, audio, extras, concurrency, ...rest } = job;
  const { provider, device, threads, batch, hwaccel, ...settings } = rest;
  return {
    ...settings,
    source: await sourceIdentity(parts.source),
    mask: parts.mask && (await sourceIdentity(parts.mask)),
    model: parts.model.sha256,
    faceFinder: parts.faceFinder,
    encoder: [...parts.encoding.codec.options, parts.encoding.codec.pixelFormat].join(' '),
  };
}
