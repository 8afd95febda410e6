import type { Job, Result } from '../../../settings/restoreJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame, Rational } from '../../media/frame';
import type { OutputFolder } from '../outputFolder';
import { frameCount, type Segment } from '../segment';
import type { SpaceWatch } from './diskSpace';
import type { OpenedJob } from './openJob';
import type { ProgressMeter } from './progress';
import { openRecorder, type RecorderTools } from './record/openRecorder';
import { type KeptFrames, keptFrames, restoreFrames } from './restoreFrames';
import { segmentWriter } from './segments';

/** A job that makes its frames. */
export interface FramesOfJob extends Omit<OpenedJob, typeof Symbol.asyncDispose> {
  readonly job: Job;
  readonly tiles: Pick<Job, 'tile' | 'overlap'>;
  readonly tools: {
    readonly binary: FfmpegBinary;
    readonly record?: RecorderTools;
    readonly onFrame?: (before: Frame, after: Frame, pixelAspect: Rational) => void;
  };
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly folder: OutputFolder;
  readonly kept: Omit<KeptFrames, 'isFinished'>;
  readonly space: SpaceWatch;
  readonly warn: (warning: string) => void;
}

/** The facts of all frames when they are made. */
export interface MadeFrames extends Pick<Result, 'faces' | 'cacheStats' | 'workers'> {
  readonly segments: readonly Segment[];
}

/** Makes all frames on this machine. `from`: seconds before which the source has none. */
export async function ownFrames(parts: FramesOfJob, from: number): Promise<MadeFrames> {
  const { job, tiles, tools, signal, meter, info, encoding, folder, opened, kept, space, warn } = parts;
  const before = frameCount(folder.done);
  await using recorder = await openRecorder(job, tools, opened.model.info, before);
  await using writer = segmentWriter(tools.binary, folder, job.segment, encoding, space, recorder, signal);
  const processor = opened.processor({ ...job, ...tiles, isRecycled: true }, warn, before);
  meter.cacheStatsFrom(() => processor.cacheStats);
  const isFinished = (index: number): boolean => index < before || folder.later.has(Math.floor(index / job.segment));
  const stages = {
    ...{ job, model: opened.model, mask: opened.masker?.masking(from) ?? null, processor, writer, meter },
    ...{ depth: encoding.depth, pixelAspect: info.pixelAspect, seen: () => kept.times.length },
    ...(tools.onFrame && { onFrame: tools.onFrame }),
  };
  await restoreFrames((window) => keptFrames({ ...kept, isFinished }, window), stages, signal);
  await writer.finish();
  return { segments: writer.segments, faces: processor.faces, cacheStats: processor.cacheStats };
}
