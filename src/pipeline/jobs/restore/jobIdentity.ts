import type { ModelInfo } from '../../../model/model';
import type { Area } from '../../../settings/crop';
import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import { codecKey } from '../../media/hardware/chooseCodec';
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
  /** Of each frame; null: whole frames. */
  readonly crop: Area | null;
}

/** Settings that change no byte of the result: where its files are, and how it is computed. */
const WITHOUT_EFFECT: readonly (keyof Job)[] = [
  ...(['input', 'output', 'overwrite', 'resume', 'discard', 'concurrency', 'preset'] as const),
  ...(['provider', 'device', 'threads', 'loadLimit', 'batch', 'hwaccel', 'queue', 'mixed'] as const),
];

/** Settings that change no frame and byte of the segments either. The model, the source and the mask count by content. */
const NOT_OF_SEGMENTS: readonly (keyof Job)[] = [
  ...(['model', 'mask'] as const),
  ...(['audio', 'extras', 'record', 'bag', 'imageName', 'startNumber'] as const), // used after the last frame
  ...(['fieldOrder', 'crop', 'aspect'] as const), // below, where they say anything: older journals do not have them
  'hardware', // `encoder` names the one that was chosen
];

/** Whether a setting has an effect on the result. */
export const decidesResult = (name: keyof Job): boolean => !WITHOUT_EFFECT.includes(name);

/** Everything that decides the frames and bytes of the segments, by name. */
export async function jobIdentity(job: Job, parts: JobParts): Promise<JobIdentity> {
  const settings = (Object.entries(job) as [keyof Job, unknown][]).filter(
    ([name]) => decidesResult(name) && !NOT_OF_SEGMENTS.includes(name),
  );
  return {
    ...Object.fromEntries(settings),
    ...(job.fieldOrder !== 'auto' && { fieldOrder: job.fieldOrder }),
    ...(job.aspect !== 'auto' && { aspect: job.aspect }),
    ...(parts.crop && { crop: parts.crop }),
    source: await sourceIdentity(parts.source),
    mask: parts.mask && (await sourceIdentity(parts.mask)),
    model: parts.model.sha256,
    faceFinder: parts.faceFinder,
    encoder: codecKey(parts.encoding.codec),
  };
}
