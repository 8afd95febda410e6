import { lastValueFrom, tap } from 'rxjs';
import { BackpressureWindow } from '../../../async/backpressure';
import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import { chooseBatchSize } from '../../frames/chooseBatchSize';
import type { FrameProcessor } from '../../frames/frameProcessor';
import type { FrameMasker } from '../../frames/inpaint/maskFrames';
import type { FrameSource } from '../../media/decode';
import type { Frame, Rational } from '../../media/frame';
import type { VideoInfo } from '../../media/probe';
import { batchFrames } from '../../operators/batchFrames';
import { limitFrameRate } from '../../operators/limitFrameRate';
import { markMask } from '../../operators/markMask';
import { pullFrames } from '../../operators/pullFrames';
import { reportProgress } from '../../operators/reportProgress';
import { skipFinished } from '../../operators/skipFinished';
import { tapPreview } from '../../operators/tapPreview';
import { trimFrames } from '../../operators/trimFrames';
import { UPSCALED_AT_ONCE, upscaleFrames } from '../../operators/upscaleFrames';
import { writeFrames } from '../../operators/writeFrames';
import type { ProgressMeter } from './progress';

/** One batch of frames being read, some being upscaled, one being written. */
const STAGES = UPSCALED_AT_ONCE + 2;

/** What the frames of a job go through. */
interface Parts {
  readonly job: Job;
  readonly info: VideoInfo;
  readonly tools: { readonly onFrame?: (before: Frame, after: Frame, pixelAspect: Rational) => void };
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly model: Model;
  readonly masker: FrameMasker | null;
  readonly source: FrameSource;
  /** Seconds of the video before which the source has no frame. */
  readonly from: number;
  readonly processor: FrameProcessor;
  readonly writer: { write(frame: Frame): Promise<void> };
  /** Gets the time of every frame, in ticks. */
  readonly times: number[];
  /** Frames of an earlier run. */
  readonly finished: number;
  /** Bits per sample. */
  readonly depth: 8 | 16;
}

/** Decodes, upscales and writes all frames. Returns how many the limit of the frame rate has dropped. */
export async function restoreFrames(parts: Parts): Promise<number> {
  const { job, info, tools, signal, meter, masker, source, from, writer, times, finished } = parts;
  let dropped = 0;
  const window = new BackpressureWindow(STAGES);
  const batches = batchSizer(parts, window);
  const written$ = pullFrames(source.read(), window).pipe(
    trimFrames(info, job),
    limitFrameRate(info, job.maxFps, () => dropped++),
    skipFinished(finished, times),
    markMask(masker, from, window),
    batchFrames(batches.size, window),
    upscaleFrames(batches, window, signal),
    tapPreview((before, after) => tools.onFrame?.(before, after, info.pixelAspect)),
    writeFrames(writer, window),
    tap((written) => parts.processor.recycle?.(written)),
    reportProgress(meter, () => times.length),
  );
  await lastValueFrom(written$, { defaultValue: undefined });
  return dropped;
}

/**
 * The size of batches: that of the job, or one measured on the first frame, which shows how long a tile takes. The frames
 * after it wait for the measurement.
 */
function batchSizer(
  { job, model, processor, depth }: Pick<Parts, 'job' | 'model' | 'processor' | 'depth'>,
  window: BackpressureWindow,
): { size(): number } & Pick<FrameProcessor, 'run'> {
  let size = job.batch;
  window.resize(STAGES * (size ?? 1));
  let measured: Promise<unknown> | null = size === null ? null : Promise.resolve();
  const measure = async (first: Promise<unknown>, signal: AbortSignal): Promise<void> => {
    await first;
    size = await chooseBatchSize(model, processor.tile, depth, signal, processor.tileMs);
    window.resize(STAGES * size);
  };
  return {
    size: () => size ?? 1,
    async run(frames, signal) {
      if (measured === null) {
        const output = processor.run(frames, signal);
        measured = measure(output, signal);
        await measured;
        return output;
      }
      await measured;
      return processor.run(frames, signal);
    },
  };
}
