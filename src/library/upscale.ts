import { finalize, from, mergeMap, type OperatorFunction } from 'rxjs';
import { RemasterError } from '../errors';
import { usableModels } from '../model/bundle/modelLibrary';
import { openFaceFinder, openModel } from '../model/inference/openModel';
import { withModel } from '../pipeline/frames/autoModel';
import { chooseBatchSize } from '../pipeline/frames/chooseBatchSize';
import type { FrameProcessor } from '../pipeline/frames/frameProcessor';
import type { InpaintSettings } from '../pipeline/frames/inpaint/inpaintSettings';
import { type FrameMasker, frameMasker } from '../pipeline/frames/inpaint/maskFrames';
import { type OpenModel, openModelFor } from '../pipeline/frames/processor';
import { videoTraits } from '../pipeline/media/traits/videoTraits';
import { batchFrames } from '../pipeline/operators/batchFrames';
import { errorLast } from '../pipeline/operators/errorLast';
import { fromFirst } from '../pipeline/operators/fromFirst';
import { mapInOrder } from '../pipeline/operators/mapInOrder';
import { checkSettings } from '../settings/checkRows';
import { UPSCALE_ROWS } from '../settings/table';
import type { Values } from '../settings/row';
import type { VideoFrame } from './videoFrame';

/** Settings of the model. */
export interface UpscaleOptions extends Partial<Values<typeof UPSCALE_ROWS>> {
  /** Called with what a user should know, for example which model `auto` has chosen, or that memory has run out and the tiles became smaller. */
  readonly onWarning?: (warning: string) => void;
}

/** Frames after which a tile cache with a tolerance computes all tiles again. */
const SEGMENT = 100;
/** One batch being read, one in the model, one being written. */
const STAGES = 3;

/**
 * Sends frames through a model, which runs in this process, in threads of its own. The model is opened for the first frame
 * and closed with the last. Errors: BAD_SETTING, those of the model.
 */
export function upscale({ onWarning = () => {}, ...options }: UpscaleOptions = {}): OperatorFunction<
  VideoFrame,
  VideoFrame
> {
  const settings = checkSettings(UPSCALE_ROWS, options);
  const work = fromFirst((first: VideoFrame) => (frames$) => {
    const stop = new AbortController();
    const { stream } = first;
    const upscaler = openUpscaler(settings, first, onWarning, stop.signal);
    upscaler.catch(() => {}); // reported with the first batch
    let size = stream.file === null ? 1 : (settings.batch ?? 1); // a camera does not wait for a full batch
    if (stream.file !== null) stream.window.resize(STAGES * size);
    return frames$.pipe(
      batchFrames(() => size, stream.window),
      mapInOrder(
        stream.window,
        async (batch) => {
          const { run, bestBatch } = await upscaler;
          const output = await run(batch);
          if (stream.file !== null && settings.batch === null && size === 1) {
            size = await bestBatch();
            stream.window.resize(STAGES * size);
          }
          return output;
        },
        { weight: (batch) => batch.length },
      ),
      mergeMap((batch) => from(batch)),
      finalize(() => {
        stop.abort(new Error('unsubscribed'));
        void upscaler.then(({ close }) => close()).catch(() => {}); // it has failed to open: reported already
      }),
    );
  });
  return errorLast(work);
}

interface Upscaler {
  run(frames: readonly VideoFrame[]): Promise<VideoFrame[]>;
  /** The number of frames that are quickest together. */
  bestBatch(): Promise<number>;
  close(): Promise<void>;
}

async function openUpscaler(
  settings: Values<typeof UPSCALE_ROWS>,
  { width, height, depth, stream }: VideoFrame,
  onWarning: (warning: string) => void,
  signal: AbortSignal,
): Promise<Upscaler> {
  const { file } = stream;
  const openMask = async (inpaint: InpaintSettings): Promise<FrameMasker> => {
    if (file === null) throw inpaintUnavailable();
    return frameMasker(stream.binary, inpaint, file.info, file.settings.sequenceRate, signal);
  };
  const tools = { openModel, openFaceFinder, modelNames: usableModels };
  const describe = async () =>
    file === null
      ? ({ kind: 'camera' } as const)
      : videoTraits(stream.binary, file.source, { width, height }, file.settings.trim, signal);
  const { settings: job, chosen } = await withModel({ ...settings, scale: null }, tools, describe);
  if (chosen) onWarning(`The model ${chosen.model} was chosen, because ${chosen.reason}.`);
  const opened = await openModelFor(job, { width, height, depth }, tools, openMask, signal);
  try {
    const processor = opened.processor({ ...job, segment: SEGMENT }, onWarning);
    const masked = opened.masker?.masking(file!.from) ?? null;
    return {
      async run(frames) {
        const marked = masked === null ? frames : await inOrder(frames, masked);
        const output = await processor.run(marked, signal);
        return output.map((frame) => ({ ...frame, stream }));
      },
      bestBatch: () => bestBatch(opened, processor, depth, signal),
      close: async () => opened[Symbol.asyncDispose](),
    };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

const bestBatch = (
  { model }: OpenModel,
  processor: FrameProcessor,
  depth: 8 | 16,
  signal: AbortSignal,
): Promise<number> => chooseBatchSize(model, processor.tile, depth, signal, processor.tileMs);

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

const inpaintUnavailable = (): RemasterError =>
  new RemasterError('MODEL_INCOMPATIBLE', 'Inpainting is not available for cameras.', {
    remedy: 'Choose a model that upscales or restores.',
  });
