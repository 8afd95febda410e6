import type { ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import { type SourceFile } from '../../media/sourceFile';
import { sourceIdentity } from '../../media/sourceIdentity';
import type { JobIdentity } from '../identity';

/** The parts of a job besides its settings. */
export interface JobParts {
  readonly source: SourceFile;
  readonly mask: SourceFile | null;
  readonly model: Pick<ModelInfo, 'sha256'>;
  readonly faceFinder: string | null;
  readonly encoding: Encoding;
}

/** Settings that change neither frames nor bytes of the segments. The model, the source and the mask count by content. */
const WITHOUT_EFFECT: readonly (keyof Job)[] = [
  ...(['input', 'output', 'overwrite', 'resume', 'discard', 'concurrency'] as const),
  ...(['model', 'mask', 'provider', 'device', 'threads', 'loadLimit', 'batch', 'hwaccel'] as const),
  ...(['queue', 'mixed'] as const),
  ...(['audio', 'extras'] as const), // used after the last frame
];

/** Everything that decides the frames and bytes of the segments, by name. */
export async function jobIdentity(job: Job, parts: JobParts): Promise<JobIdentity> {
  const settings = Object.entries(job).filter(([name]) => !WITHOUT_EFFECT.includes(name as keyof Job));
  return {
    ...Object.fromEntries(settings),
    source: await sourceIdentity(parts.source),
    mask: parts.mask && (await sourceIdentity(parts.mask)),
    model: parts.model.sha256,
    faceFinder: parts.faceFinder,
    encoder: [...parts.encoding.codec.options, parts.encoding.codec.pixelFormat].join(' '),
  };
}
