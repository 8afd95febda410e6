import { RemasterError, StoppedError } from '../../errors';
import { type VideoAssembly, assembleVideo } from '../../pipeline/jobs/assemble/assembleVideo';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { AssembleJob, AssembleResult } from '../../settings/assembleJob';
import type { EngineRequests } from '../protocol';

interface Shooting {
  readonly film: VideoAssembly;
  readonly stop: AbortController;
}

/** Videos that grow while pictures come. */
export class VideoAssemblies {
  readonly #open = new Map<string, Shooting>();

  constructor(private readonly onScratch: (path: string, gone: boolean) => void) {}

  get size(): number {
    return this.#open.size;
  }

  async open(id: string, job: AssembleJob): Promise<null> {
    const stop = new AbortController();
    const film = await assembleVideo(job, { binary: await findFfmpeg(), onTemporaryPath: this.onScratch }, stop.signal);
    this.#open.set(id, { film, stop });
    return null;
  }

  async add({ id, source, time }: EngineRequests['addImage']['args']): Promise<null> {
    const shooting = this.#open.get(id);
    if (!shooting) throw forgotten();
    await shooting.film.add(source, time);
    return null;
  }

  /** With `keep` the film gets its name; else nothing is left of it. */
  async close(id: string, keep: boolean): Promise<AssembleResult | null> {
    const shooting = this.#open.get(id);
    if (!shooting && keep) throw forgotten();
    if (!shooting) return null;
    this.#open.delete(id);
    if (!keep) shooting.stop.abort(new StoppedError(false));
    try {
      return keep ? await shooting.film.finish() : null;
    } finally {
      await shooting.film[Symbol.asyncDispose]();
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id, false)));
  }
}

const forgotten = (): RemasterError =>
  new RemasterError('ENGINE_CRASHED', 'The engine that wrote the video is gone, and the video with it.', {
    remedy: 'Send the pictures again.',
  });
