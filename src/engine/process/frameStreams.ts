import { RemasterError, StoppedError } from '../../errors';
import { openFaceFinder } from '../../model/inference/openModel';
import { extractFrames } from '../../pipeline/jobs/frames/extractFrames';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { FrameImage, FramesJob } from '../../settings/framesJob';
import type { ModelCache } from './modelCache';

interface FrameStream {
  readonly pictures: AsyncGenerator<FrameImage>;
  readonly stop: AbortController;
}

/** Videos of which somebody takes pictures, one at a time, whenever they like. */
export class FrameStreams {
  readonly #open = new Map<string, FrameStream>();

  constructor(private readonly shelf: ModelCache) {}

  get size(): number {
    return this.#open.size;
  }

  async open(id: string, job: FramesJob): Promise<null> {
    const stop = new AbortController();
    const tools = { binary: await findFfmpeg(), openModel: this.shelf.open, openFaceFinder };
    this.#open.set(id, { stop, pictures: extractFrames(job, tools, stop.signal) });
    return null;
  }

  /** The next picture; null after the last. */
  async next(id: string): Promise<FrameImage | null> {
    const tap = this.#open.get(id);
    if (!tap) throw forgotten();
    try {
      const { done, value } = await tap.pictures.next();
      if (!done) return value;
      this.#open.delete(id);
      return null;
    } catch (error) {
      this.#open.delete(id); // the generator has put everything away
      throw error;
    }
  }

  /** Settles when nothing of it is left. */
  async close(id: string): Promise<null> {
    const tap = this.#open.get(id);
    this.#open.delete(id);
    tap?.stop.abort(new StoppedError(false));
    await tap?.pictures.return(null).catch(() => {}); // the stop is the news
    return null;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)));
  }
}

const forgotten = (): RemasterError =>
  new RemasterError('ENGINE_CRASHED', 'The engine that took pictures out of the video is gone.', {
    remedy: 'Send the video through the flow again.',
  });
