import { lastValueFrom, type Observable, tap } from 'rxjs';
import { BackpressureWindow } from '../../../async/backpressure';
import type { Model } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import { chooseBatchSize } from '../../frames/chooseBatchSize';
import type { FrameProcessor } from '../../frames/frameProcessor';
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

/** One batch of frames being read, some being upscaled, one being written. */
const STAGES = UPSCALED_AT_ONCE + 2;

/** How frames are chosen from a source. */
export interface KeptFrames {
  readonly source: { read(): AsyncIterable<Frame> };
  readonly info: VideoInfo;
  readonly job: Pick<Job, 'trim' | 'maxFps'>;
  /** Whether a frame, by its number, needs not be made any more. */
  readonly isFinished: (index: number) => boolean;
  /** Gets the time of every frame, in ticks. */
  readonly times: number[];
  /** Called for each frame that the limit of the frame rate has dropped. */
  readonly onDrop: () => void;
}

/** The frames of a job that are to be made. */
export const keptFrames = (
  { source, info, job, isFinished, times, onDrop }: KeptFrames,
  window: BackpressureWindow,
): Observable<Frame> =>
  pullFrames(source.read(), window).pipe(
    trimFrames(info, job),
    limitFrameRate(info, job.maxFps, onDrop),
    skipFinished(isFinished, times),
  );

/** What the frames of a job go through. */
export interface Stages {
  readonly job: Pick<Job, 'batch'>;
  readonly model: Model;
  readonly mask: ((frame: Frame) => Promise<Frame>) | null;
  readonly processor: FrameProcessor;
  /** Bits per sample. */
  readonly depth: 8 | 16;
  readonly writer: { write(frame: Frame): Promise<void> };
  readonly onFrame?: (before: Frame, after: Frame, pixelAspect: Rational) => void;
  readonly pixelAspect: Rational;
  readonly meter: { advance(frames: number, pts: number, seen: number): void };
  /** Frames of the source that were seen so far. */
  readonly seen: () => number;
}

/** Upscales and writes all frames. `frames`: pulled as the window has room. */
export async function restoreFrames(
  frames: (window: BackpressureWindow) => Observable<Frame>,
  stages: Stages,
  signal: AbortSignal,
): Promise<void> {
  const { mask, processor, writer, onFrame, pixelAspect, meter, seen } = stages;
  const window = new BackpressureWindow(STAGES);
  const batches = batchSizer(stages, window);
  const written$ = frames(window).pipe(
    markMask(mask, window),
    batchFrames(batches.size, window),
    upscaleFrames(batches, window, signal),
    tapPreview((before, after) => onFrame?.(before, after, pixelAspect)),
    writeFrames(writer, window),
    tap((written) => processor.recycle?.(written)),
    reportProgress(meter, seen),
  );
  await lastValueFrom(written$, { defaultValue: undefined });
}

/**
 * The size of batches: that of the job, or one measured on the first frame, which shows how long a tile takes. The frames
 * after it wait for the measurement.
 */
function batchSizer(
  { job, model, processor, depth }: Pick<Stages, 'job' | 'model' | 'processor' | 'depth'>,
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
        measured.catch(() => {}); // reported to those that wait for it
        return output;
      }
      await measured;
      return processor.run(frames, signal);
    },
  };
}
