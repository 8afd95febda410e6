import type { ModelInfo } from '../../../model/model';
import type { Area } from '../../../settings/crop';
import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import { type SourceFile } from '../../media/sourceFile';
import { sourceIdentity } from '../../media/sourceIdentity';
import type { JobIdentity } from '../journal';

/** The parts of a job besides its settings. */
export interface JobParts {
  readonly source: SourceFile;
  readonly mask: SourceFile | null;
  readonly model: Pick<ModelInfo, 'sha256'>;
  readonly faceFinder: string | null;
  readonly encoding: Encoding;
  /** Of each frame; null: whole frames. */
  readonly crop: Area | null;
}

/** Settings that change neither frames nor bytes of the segments. The model, the source and the mask count by content. */
const WITHOUT_EFFECT: readonly (keyof Job)[] = [
  ...(['input', 'output', 'overwrite', 'resume', 'discard', 'concurrency', 'preset'] as const),
  ...(['model', 'mask', 'provider', 'device', 'threads', 'loadLimit', 'batch', 'hwaccel'] as const),
  ...(['audio', 'extras', 'imageName', 'startNumber'] as const), // used after the last frame
  ...(['fieldOrder', 'crop', 'aspect'] as const), // below, where they say anything: older journals do not have them
];

/** Everything that decides the frames and bytes of the segments, by name. */
export async function jobIdentity(job: Job, parts: JobParts): Promise<JobIdentity> {
  const settings = Object.entries(job).filter(([name]) => !WITHOUT_EFFECT.includes(name as keyof Job));
  return {
    ...Object.fromEntries(settings),
    ...(job.fieldOrder !== 'auto' && { fieldOrder: job.fieldOrder }),
    ...(job.aspect !== 'auto' && { aspect: job.aspect }),
    ...(parts.crop && { crop: parts.crop }),
    source: await sourceIdentity(parts.source),
    mask: parts.mask && (await sourceIdentity(parts.mask)),
    model: parts.model.sha256,
    faceFinder: parts.faceFinder,
    encoder: [...parts.encoding.codec.options, parts.encoding.codec.pixelFormat].join(' '),
  };
}
