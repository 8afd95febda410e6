import { Handoff } from '../../async/handoff';
import { raceWith } from '../../async/raceWith';
import { RemasterError, StoppedError } from '../../errors';
import { assembleVideo } from '../../pipeline/jobs/assemble/assembleVideo';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { AssembleJob, AssembleResult, TimedImage } from '../../settings/assembleJob';
import type { EngineRequests } from '../protocol';

interface OpenAssembly {
  readonly images: Handoff<TimedImage>;
  readonly result: Promise<AssembleResult>;
  /** Settles like its promise, or rejects when the video fails. */
  readonly unlessFailed: ReturnType<typeof raceWith>;
  readonly stop: AbortController;
}

/** Open video assemblies: each encodes images as they arrive. */
export class VideoAssemblies implements AsyncDisposable {
  readonly #open = new Map<string, OpenAssembly>();

  constructor(private readonly onTemporaryPath: (path: string, gone: boolean) => void) {}

  get size(): number {
    return this.#open.size;
  }

  async open(id: string, job: AssembleJob): Promise<null> {
    const stop = new AbortController();
    const images = new Handoff<TimedImage>();
    const { onTemporaryPath } = this;
    const result = findFfmpeg().then((binary) => assembleVideo(job, { binary, onTemporaryPath }, images, stop.signal));
    result.catch(() => {}); // reported by the request that it fails
    this.#open.set(id, { images, result, unlessFailed: raceWith(result), stop }); // before it is open: a stop may come meanwhile
    try {
      await Promise.race([images.ready, result]);
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
    return null;
  }

  async add({ id, source, time }: EngineRequests['addImage']['args']): Promise<null> {
    const open = this.#open.get(id);
    if (!open) throw lostAssembly();
    await open.unlessFailed(open.images.put({ source, time }));
    return null;
  }

  /** `keep` true: finishes the video, unless `signal` aborts. False: deletes it and returns null. */
  async close(id: string, keep: boolean, signal?: AbortSignal): Promise<AssembleResult | null> {
    const open = this.#open.get(id);
    if (!open && keep) throw lostAssembly();
    if (!open) return null;
    const stop = (): void => open.stop.abort(new StoppedError(false));
    if (!keep || signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    open.images.end();
    try {
      return await open.result;
    } catch (error) {
      if (keep) throw error;
      return null; // the stop is expected
    } finally {
      this.#open.delete(id); // until then it can be stopped
    }
  }

  /** Discards all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id, false)));
  }
}

const lostAssembly = (): RemasterError =>
  new RemasterError('ENGINE_CRASHED', 'The engine process that wrote the video has exited; the video is lost.', {
    remedy: 'Send the images again.',
  });
