import { RemasterError, StoppedError } from '../../errors';
import { usableModels } from '../../model/bundle/modelLibrary';
import { openFaceFinder } from '../../model/inference/openModel';
import { extractFrames } from '../../pipeline/jobs/frames/extractFrames';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { FrameImage, FramesJob } from '../../settings/framesJob';
import type { ModelCache } from './modelCache';

interface FrameStream {
  readonly images: AsyncGenerator<FrameImage>;
  readonly stop: AbortController;
}

/** Open frame extractions. The client pulls one image at a time. */
export class FrameStreams implements AsyncDisposable {
  readonly #open = new Map<string, FrameStream>();

  constructor(private readonly modelCache: ModelCache) {}

  get size(): number {
    return this.#open.size;
  }

  open(id: string, job: FramesJob): null {
    const stop = new AbortController();
    this.#open.set(id, { stop, images: this.#images(job, stop.signal) });
    return null;
  }

  /** Opened with the first image, so that a stop that comes before finds the stream. */
  async *#images(job: FramesJob, signal: AbortSignal): AsyncGenerator<FrameImage> {
    const models = { openModel: this.modelCache.open, openFaceFinder, modelNames: usableModels };
    yield* extractFrames(job, { binary: await findFfmpeg(), ...models }, signal);
  }

  /** The next image; null after the last. */
  async next(id: string): Promise<FrameImage | null> {
    const stream = this.#open.get(id);
    if (!stream) throw lostStream();
    try {
      const { done, value } = await stream.images.next();
      if (!done) return value;
      this.#open.delete(id);
      return null;
    } catch (error) {
      this.#open.delete(id); // the generator has cleaned up
      throw error;
    }
  }

  /** Stops the extraction; settles when its processes have exited. */
  async close(id: string): Promise<null> {
    const stream = this.#open.get(id);
    this.#open.delete(id);
    stream?.stop.abort(new StoppedError(false));
    await stream?.images.return(null).catch(() => {}); // the stop is expected
    return null;
  }

  /** Stops all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)));
  }
}

const lostStream = (): RemasterError =>
  new RemasterError('ENGINE_CRASHED', 'The engine process that extracted the frames has exited.', {
    remedy: 'Send the video through the flow again.',
  });
