import { AsyncDisposableStack } from '../../../async/asyncDisposableStack';
import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { frameMasker } from '../../frames/inpaint/maskFrames';
import { type OpenModel, openModelFor, type ProcessorTools } from '../../frames/processor';
import type { DecodeOptions } from '../../media/decode';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';
import { limitHeight } from '../../media/resize';
import type { JobIdentity } from '../identity';
import { jobIdentity } from './jobIdentity';
import { planEncoding } from './planEncoding';
import { orChanged } from './truncation';

/** What makes the segments of a video, the same on every machine. */
export interface OpenedJob extends AsyncDisposable {
  /** The video as it is decoded. */
  readonly info: VideoInfo;
  readonly opened: OpenModel;
  readonly encoding: Encoding;
  readonly identity: JobIdentity;
}

/** Opens the model of a job that names one. `source`: the video before its height is limited. */
export async function openJob(
  job: Job,
  source: VideoInfo,
  tools: ProcessorTools & { readonly binary: FfmpegBinary },
  signal: AbortSignal,
): Promise<OpenedJob> {
  await using stack = new AsyncDisposableStack();
  const info = limitHeight(source, job.maxHeight);
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const openMask = (inpaint: InpaintSettings) => frameMasker(tools.binary, inpaint, info, job.sequenceRate, signal);
  const opened = stack.use(await openModelFor(job, { ...info, depth }, tools, openMask, signal));
  const { model, masker, finder } = opened;
  const encoding = planEncoding(tools.binary, job, source, info, model);
  const parts = { source: info.source, mask: masker?.source ?? null, model: model.info, encoding };
  const faceFinder = finder?.version ?? null;
  const identity = await jobIdentity(job, { ...parts, faceFinder }).catch(orChanged(info, signal));
  const all = stack.move();
  return { info, opened, encoding, identity, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** How the frames of a job are decoded. `from`: seconds before which it has none. `sound`: streams that come with them. */
export function decodeOptions(
  job: Job,
  info: VideoInfo,
  { colour, depth }: Encoding,
  model: Model,
  from: number,
  sound: readonly number[],
): DecodeOptions {
  const { temporalDenoise, hwaccel } = job;
  const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
  const withShotFirstFrame = model.prompt !== undefined;
  return { colour, depth, deinterlace, temporalDenoise, hwaccel, withShotFirstFrame, from, sound };
}
