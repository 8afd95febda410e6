import { createEngine, type Engine, type JobEvents } from './engine/client/engine';
import { type TimedImage, extractImages, assembleImages } from './engine/client/imageStreams';
import type { DoctorReport, SourceSummary } from './engine/protocol';
import type { ModelSummary } from './model/bundle/modelLibrary';
import { checkAssembleJob, ASSEMBLE_DEFAULTS, type AssembleJob, type AssembleResult } from './settings/assembleJob';
import { checkFramesJob, type FrameImage, FRAMES_DEFAULTS, type FramesJob } from './settings/framesJob';
import { checkImageJob, IMAGE_DEFAULTS, type ImageJob, type ImageResult, type ImageSource } from './settings/imageJob';
import { type Job, JOB_DEFAULTS, type Result } from './settings/restoreJob';

export { ERROR_CODES, type ErrorCode, type ErrorRecord, RemasterError, StoppedError } from './errors';
export { createEngine, type Engine, type JobEvents, type RunningJob } from './engine/client/engine';
export type { DoctorReport, SourceSummary, ThumbnailRequest } from './engine/protocol';
export type { ModelSummary } from './model/bundle/modelLibrary';
export type { LiveEvents, RunningLive } from './engine/client/liveClient';
export {
  type CameraState,
  LIVE_DEFAULTS,
  type LiveJob,
  type LiveJpeg,
  type LiveProgress,
  type LiveSource,
  type LiveTarget,
  SOURCE_DEFAULTS,
} from './settings/liveJob';
export type { TimedImage } from './engine/client/imageStreams';
export { ASSEMBLE_DEFAULTS, type AssembleJob, type AssembleResult } from './settings/assembleJob';
export { FRAMES_DEFAULTS, type FrameImage, type FramesJob } from './settings/framesJob';
export {
  IMAGE_DEFAULTS,
  type ImageFormat,
  type ImageJob,
  type ImageResult,
  type ImageSource,
} from './settings/imageJob';
export {
  type CodecName,
  type Job,
  JOB_DEFAULTS,
  type NoiseMode,
  type Progress,
  type Result,
  type Stage,
} from './settings/restoreJob';

/** What to restore, and how; everything but the two paths has a default. */
export type RestoreOptions = Pick<Job, 'input' | 'output'> & Partial<Job>;

export interface Control extends JobEvents {
  /** Aborting stops the job and removes what it made, unless it may resume. */
  readonly signal?: AbortSignal;
  /** An engine to share; without one, the call starts its own and ends it. */
  readonly engine?: Engine;
}

/** Restores one video file. Rejects with a RemasterError, or with the signal's reason when stopped. */
export const restore = (options: RestoreOptions, { signal, engine, ...events }: Control = {}): Promise<Result> =>
  withEngine(engine, async (worker) => {
    signal?.throwIfAborted();
    const running = worker.run({ ...JOB_DEFAULTS, ...options }, events);
    const stop = (): void => void (options.resume ? running.suspend() : running.stop());
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await running.result;
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  });

/** One picture, made better: the bytes of a JPEG, PNG or WebP file, or pixels. Everything but the picture has a default. */
export const upscaleImage = (
  picture: Uint8Array | ImageSource,
  options: Partial<ImageJob> = {},
  { signal, engine }: Pick<Control, 'signal' | 'engine'> = {},
): Promise<ImageResult> =>
  withEngine(engine, async (worker) => {
    const job = checkImageJob({ ...IMAGE_DEFAULTS, ...options });
    const source = picture instanceof Uint8Array ? ({ kind: 'file', data: picture } as const) : picture;
    return worker.ask('image', { source, job }, signal);
  });

/** Frames of a video as pictures, one by one; only what the loop asks for is made. */
export async function* extractFrames(
  options: Pick<FramesJob, 'input'> & Partial<FramesJob>,
  { signal, engine }: Pick<Control, 'signal' | 'engine'> = {},
): AsyncGenerator<FrameImage> {
  const worker = engine ?? createEngine();
  try {
    yield* extractImages(worker, checkFramesJob({ ...FRAMES_DEFAULTS, ...options }), signal);
  } finally {
    if (!engine) await worker.close();
  }
}

/** A video out of pictures: files in bytes, one after the other, or pictures that say their times. */
export const makeVideo = (
  pictures: AsyncIterable<Uint8Array | TimedImage>,
  options: Pick<AssembleJob, 'output'> & Partial<AssembleJob>,
  { signal, engine }: Pick<Control, 'signal' | 'engine'> = {},
): Promise<AssembleResult> =>
  withEngine(engine, (worker) =>
    assembleImages(worker, checkAssembleJob({ ...ASSEMBLE_DEFAULTS, ...options }), filmPictures(pictures), signal),
  );

async function* filmPictures(pictures: AsyncIterable<Uint8Array | TimedImage>): AsyncGenerator<TimedImage> {
  for await (const picture of pictures) {
    yield picture instanceof Uint8Array ? { source: { kind: 'file', data: picture }, time: null } : picture;
  }
}

/** What a file holds. */
export const probe = (input: string, engine?: Engine): Promise<SourceSummary> =>
  withEngine(engine, (worker) => worker.ask('probe', { input }));

/** The bundles on this machine. */
export const listModels = (engine?: Engine): Promise<readonly ModelSummary[]> =>
  withEngine(engine, (worker) => worker.ask('models', {}));

/** What works on this machine and what does not. */
export const doctor = (folder: string | null = null, engine?: Engine): Promise<DoctorReport> =>
  withEngine(engine, (worker) => worker.ask('doctor', { folder }));

/** One picture out of a video, written to `output` (.png or .jpg). */
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
