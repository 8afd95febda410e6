import { createEngine, type Engine, type JobEvents } from './engine/client/engine';
import { extractImages, assembleImages } from './engine/client/imageStreams';
import type { DoctorReport, EngineRequests, SourceSummary } from './engine/protocol';
import type { ModelSummary } from './model/bundle/modelLibrary';
import { type PresetWish, withPreset } from './presets/withPreset';
import { checkAssembleJob, type AssembleJob, type AssembleResult, type TimedImage } from './settings/assembleJob';
import { checkEstimateJob, type EstimateJob } from './settings/estimateJob';
import { checkFramesJob, type FrameImage, type FramesJob } from './settings/framesJob';
import { type Bytes, imageBytes, imageSource } from './settings/imageBytes';
import { checkImageJob, type ImageJob, type ImageResult, type ImageSource } from './settings/imageJob';
import { maskError } from './settings/maskError';
import { queueAddress } from './settings/queueAddress';
import { checkJob, type Job, type Result } from './settings/restoreJob';
import { checkVerifyJob, type VerifyCost, type VerifyJob, type VerifyReport } from './settings/verifyJob';
import { FRAMES_ROWS, IMAGE_ROWS } from './settings/table';
import { RESTORE_ROWS } from './settings/videoRows';

/** Settings of `restore`; everything but the two paths has a default. */
export type RestoreOptions = Pick<Job, 'input' | 'output'> & WithPreset<Job>;

/** Settings with defaults, under which those of a preset are laid: of the package, by its name, or one of your own. */
type WithPreset<T> = Partial<Omit<T, 'preset'>> & { readonly preset?: PresetWish };

export interface Control extends JobEvents {
  /** Aborting stops the job. A job with `resume` keeps its finished segments, any other deletes what it has written. */
  readonly signal?: AbortSignal;
  /** Of the queue of a job; null = that of REMASTER_QUEUE_PASSWORD. */
  readonly queuePassword?: string | null;
  /** An engine to share; without one, the call starts its own and closes it. */
  readonly engine?: Engine;
}

/** Restores one video file. Rejects with a RemasterError, or with the signal's reason when stopped. */
export const restore = (
  options: RestoreOptions,
  { signal, engine, queuePassword = null, ...events }: Control = {},
): Promise<Result> =>
  withEngine(engine, async (worker) => {
    signal?.throwIfAborted();
    const job = checkJob(withPreset(RESTORE_ROWS, options));
    const running = worker.run(job, events, queuePassword);
    const stop = (): void => void (job.resume ? running.suspend() : running.stop());
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await running.result;
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  });

/** What a job would take, and with which model. */
export type VideoEstimate = EngineRequests['estimate']['result'];

/** Measures what restoring a video would take, on three of its frames. Writes nothing. */
export const estimate = (
  options: Pick<EstimateJob, 'input'> & Partial<EstimateJob>,
  { signal, engine }: Pick<Control, 'signal' | 'engine'> = {},
): Promise<VideoEstimate> =>
  withEngine(engine, async (worker) =>
    worker.ask('estimate', { job: checkEstimateJob(options), isCompared: true }, signal),
  );

/** Settings of `upscaleImage`; all have defaults. */
export interface ImageOptions extends WithPreset<ImageJob> {
  /** For inpainting models: an image of the same aspect ratio, white where they fill. Or use `maskColor`. */
  readonly mask?: Bytes | ImageSource | null;
}

export interface ImageControl extends Pick<Control, 'signal' | 'engine' | 'queuePassword'> {
  /** Address of a queue whose workers do it; null = this machine does. */
  readonly queue?: string | null;
}

/** Upscales one image, given as the bytes of a JPEG, PNG or WebP file or as pixels. */
export const upscaleImage = (
  image: Bytes | ImageSource,
  { mask = null, ...options }: ImageOptions = {},
  { signal, engine, queue = null, queuePassword = null }: ImageControl = {},
): Promise<ImageResult> =>
  withEngine(engine, async (worker) => {
    const job = checkImageJob(withPreset(IMAGE_ROWS, options));
    const sources = { source: imageSource(image), mask: mask && maskSource(mask) };
    const onQueue = queue === null ? null : { address: queue, password: queuePassword };
    if (queue !== null) queueAddress(queue);
    return worker.ask('image', { ...sources, job, queue: onQueue }, signal);
  });

function maskSource(mask: Bytes | ImageSource): ImageSource {
  try {
    return imageSource(mask);
  } catch (error) {
    throw maskError(error);
  }
}

/** Extracts frames of a video as images, each when the loop requests it. */
export async function* extractFrames(
  options: Pick<FramesJob, 'input'> & WithPreset<FramesJob>,
  { signal, engine }: Pick<Control, 'signal' | 'engine'> = {},
): AsyncGenerator<FrameImage> {
  const job = checkFramesJob(withPreset(FRAMES_ROWS, options));
  const worker = engine ?? createEngine();
  try {
    yield* extractImages(worker, job, signal);
  } finally {
    if (!engine) await worker.close();
  }
}

/** Encodes images to a video: the bytes of image files, or images with presentation times. */
export const makeVideo = (
  images: AsyncIterable<Bytes | TimedImage>,
  options: Pick<AssembleJob, 'output'> & Partial<AssembleJob>,
  { signal, engine }: Pick<Control, 'signal' | 'engine'> = {},
): Promise<AssembleResult> =>
  withEngine(engine, (worker) => assembleImages(worker, checkAssembleJob(options), timedImages(images), signal));

async function* timedImages(images: AsyncIterable<Bytes | TimedImage>): AsyncGenerator<TimedImage> {
  for await (const image of images) {
    const data = imageBytes(image);
    if (data) yield { source: { kind: 'file', data }, time: null };
    else {
      const { source, time } = (image ?? {}) as TimedImage;
      yield { source: imageSource(source), time };
    }
  }
}

/** Compares a result with its record. `onCost` is called before the work begins. */
export const verify = (
  options: Pick<VerifyJob, 'file'> & Partial<VerifyJob>,
  {
    signal,
    engine,
    onCost,
  }: Pick<Control, 'signal' | 'engine'> & { readonly onCost?: (cost: VerifyCost) => void } = {},
): Promise<VerifyReport> =>
  withEngine(engine, async (worker) => {
    const job = checkVerifyJob(options);
    onCost?.(await worker.ask('verifyCost', job, signal));
    return worker.ask('verify', job, signal);
  });

/** Reads the properties of a video file. */
export const probe = (input: string, engine?: Engine): Promise<SourceSummary> =>
  withEngine(engine, (worker) => worker.ask('probe', { input }));

/** Lists the model bundles on this machine. Tests each that was never loaded here, which takes a second or two per model. */
export const listModels = (engine?: Engine): Promise<readonly ModelSummary[]> =>
  withEngine(engine, (worker) => worker.ask('models', { isTested: true }));

/** Checks what works on this machine. `folder`: checked for write access; null = the working folder. */
export const doctor = (folder: string | null = null, engine?: Engine): Promise<DoctorReport> =>
  withEngine(engine, (worker) => worker.ask('doctor', { folder }));

/** Writes the frame at `at` seconds to `output` (.png or .jpg). `width` in pixels; null = the width of the video. */
export const thumbnail = (
  input: string,
  output: string,
  at = 0,
  width: number | null = null,
  engine?: Engine,
): Promise<null> => withEngine(engine, (worker) => worker.ask('thumbnail', { input, output, at, width }));

async function withEngine<T>(shared: Engine | undefined, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = shared ?? createEngine();
  try {
    return await use(engine);
  } finally {
    if (!shared) await engine.close();
  }
}
