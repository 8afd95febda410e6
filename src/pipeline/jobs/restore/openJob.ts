import { AsyncDisposableStack } from '../../../async/asyncDisposableStack';
import type { Job } from '../../../settings/restoreJob';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { type FrameMasker, frameMasker } from '../../frames/inpaint/maskFrames';
import { type OpenModel, openModelFor, type ProcessorTools } from '../../frames/processor';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { chooseDecoder } from '../../media/hardware/chooseDecoder';
import type { VideoInfo } from '../../media/probe';
import type { JobIdentity } from '../identity';
import { jobIdentity } from './jobIdentity';
import { planEncoding } from './planEncoding';
import { orChanged } from './truncation';

/** What makes the segments of a video, the same on every machine. */
export interface OpenedJob extends AsyncDisposable {
  readonly info: VideoInfo;
  readonly opened: OpenModel;
  readonly openMask: (inpaint: InpaintSettings) => Promise<FrameMasker>;
  readonly encoding: Encoding;
  /** Options of the hardware that decodes. */
  readonly decoder: readonly string[];
  readonly identity: JobIdentity;
  /** Why hardware that was wanted does not encode. */
  readonly warnings: readonly string[];
}

/**
 * Opens the model of a job that names one. `source`: the video of the file; `info`: as the job reads it; `before`: `codecKey` of
 * the encoder that it has begun with.
 */
export async function openJob(
  job: Job,
  { source, info }: { readonly source: VideoInfo; readonly info: VideoInfo },
  tools: ProcessorTools & { readonly binary: FfmpegBinary },
  before: string | null,
  signal: AbortSignal,
): Promise<OpenedJob> {
  await using stack = new AsyncDisposableStack();
  const { binary } = tools;
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const openMask = (inpaint: InpaintSettings) => frameMasker(binary, inpaint, info, job.sequenceRate, signal);
  const opened = stack.use(await openModelFor(job, { ...info, depth }, tools, openMask, signal));
  const { model, masker, finder } = opened;
  const { encoding, warnings } = await planEncoding(binary, job, source, info, model, signal, before);
  const decoder = job.hwaccel === 'auto' ? await chooseDecoder(binary, info, signal) : [];
  const parts = { source: info.source, mask: masker?.source ?? null, model: model.info, encoding };
  const more = { faceFinder: finder?.version ?? null, crop: info.reading?.crop ?? null };
  const identity = await jobIdentity(job, { ...parts, ...more }).catch(orChanged(info, signal));
  const all = stack.move();
  const facts = { info, opened, openMask, encoding, decoder, identity, warnings };
  return { ...facts, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
