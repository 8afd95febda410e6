import { join } from 'node:path';
import type { JobEstimate } from '../../../settings/estimate';
import type { EstimateJob } from '../../../settings/estimateJob';
import { type Job, JOB_DEFAULTS, type Result } from '../../../settings/restoreJob';
import { withModel } from '../../frames/autoModel';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { frameMasker } from '../../frames/inpaint/maskFrames';
import { openModelFor, type ProcessorTools } from '../../frames/processor';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { chooseDecoder } from '../../media/hardware/chooseDecoder';
import { probe } from '../../media/probe';
import { readAs } from '../../media/reading';
import { videoTraits } from '../../media/traits/videoTraits';
import { noFrames } from '../../media/unreadableMedia';
import { estimateTime, framesLeft, MEASURED_FRAMES } from './estimateTime';
import { planEncoding } from './planEncoding';
import type { ComparisonTools } from './timeModels';

/** What a job would take, and with which model. */
export interface VideoEstimate extends JobEstimate {
  /** Of the source as the model gets it, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Nominal; null when unknown. */
  readonly fps: number | null;
  /** Seconds of the source; null when unknown. */
  readonly duration: number | null;
  readonly model: Omit<Result['model'], 'sha256'>;
}

/**
 * Measures what a job would take, on three of its frames; writes only to `folder`, which its caller deletes. Errors: those
 * of the source, the model and the encoder.
 */
export async function estimateVideo(
  wanted: EstimateJob,
  tools: ProcessorTools & { readonly binary: FfmpegBinary; readonly comparison?: ComparisonTools },
  folder: string,
  signal: AbortSignal,
): Promise<VideoEstimate> {
  const { binary, comparison } = tools;
  const given: Job = { ...JOB_DEFAULTS, ...wanted, output: join(folder, 'estimate.mkv') };
  const source = await probe(binary, given.input, signal, given.sequenceRate);
  const info = await readAs(binary, source, given, signal);
  const describe = () => videoTraits(binary, source, info, given.trim, signal);
  const { settings: job, chosen } = await withModel(given, tools, describe);
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const openMask = (inpaint: InpaintSettings) => frameMasker(binary, inpaint, info, job.sequenceRate, signal);
  await using opened = await openModelFor(job, { ...info, depth }, tools, openMask, signal);
  const { encoding } = await planEncoding(binary, job, source, info, opened.model, signal);
  const decoder = job.hwaccel === 'auto' ? await chooseDecoder(binary, info, signal) : [];
  const stages = { job, binary, signal, info, opened, encoding, openMask, decoder };
  const asked = { frames: framesLeft(stages, 0), count: MEASURED_FRAMES, comparison, alike: false };
  const estimate = await estimateTime(stages, folder, asked);
  if (estimate === null) throw noFrames(info.source, '');
  const { width, height, framesPerSecond: fps, duration } = info;
  const { name, provider, steps } = opened.model.info;
  const model = { name, provider, steps, ...(chosen && { reason: chosen.reason }) };
  return { ...estimate, width, height, fps, duration, model };
}
