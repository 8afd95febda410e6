import type { ModelInfo } from '../../../../model/model';
import type { Job } from '../../../../settings/restoreJob';
import type { FfmpegBinary } from '../../../media/findFfmpeg';
import { thisMaker } from './machine';
import { type FrameRecorder, frameRecorder } from './segmentHashes';

/** What hashes of frames are noted with. */
export interface RecorderTools {
  /** Version of onnxruntime; null: unknown. */
  readonly onnxruntime: string | null;
}

export const isRecorded = ({ record, bag }: Pick<Job, 'record' | 'bag'>): boolean => record || bag;

/** Hashes the frames that this machine makes; null for a job without a record. `first`: index of the first one. */
export async function openRecorder(
  job: Pick<Job, 'record' | 'bag' | 'threads'>,
  { binary, record }: { readonly binary: FfmpegBinary; readonly record?: RecorderTools },
  { provider }: Pick<ModelInfo, 'provider'>,
  first: number,
): Promise<FrameRecorder | null> {
  if (!isRecorded(job)) return null;
  const { onnxruntime } = record!;
  const maker = await thisMaker({ onnxruntime, ffmpeg: binary.version, provider, threads: job.threads });
  return frameRecorder(maker, first);
}
