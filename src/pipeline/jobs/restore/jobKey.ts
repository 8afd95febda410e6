import { createHash } from 'node:crypto';
import type { ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';

/**
 * A hash of everything that decides the bytes of the segments: jobs with equal keys can reuse each other's segments.
 */
export function jobKey(
  job: Job,
  { source }: VideoInfo,
  { sha256, provider }: ModelInfo,
  versions: readonly unknown[],
  binary: FfmpegBinary,
): string {
  const {
    overwrite: _,
    resume: __,
    output: ___,
    model: ____,
    audio: _____,
    extras: ______,
    concurrency: _______,
    ...settings
  } = job;
  const parts = [settings, source, sha256, provider, versions, binary.version];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
