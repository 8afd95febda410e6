import { RemasterError, StoppedError } from '../../errors';
import { type VideoAssembly, assembleVideo } from '../../pipeline/jobs/assemble/assembleVideo';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { AssembleJob, AssembleResult } from '../../settings/assembleJob';
import type { EngineRequests } from '../protocol';

interface OpenAssembly {
  readonly assembly: VideoAssembly;
  readonly stop: AbortController;
}

/** Open video assemblies: each encodes images as they arrive. */
export class VideoAssemblies {
  readonly #open = new Map<string, OpenAssembly>();

  constructor(private readonly onTemporaryPath: (path: string, gone: boolean) => void) {}

  get size(): number {
    return this.#open.size;
  }

  async open(id: string, job: AssembleJob): Promise<null> {
    const stop = new AbortController();
    const tools = { binary: await findFfmpeg(), onTemporaryPath: this.onTemporaryPath };
    const assembly = await assembleVideo(job, tools, stop.signal);
    this.#open.set(id, { assembly, stop });
    return null;
  }

  async add({ id, source, time }: EngineRequests['addImage']['args']): Promise<null> {
    const open = this.#open.get(id);
    if (!open) throw lostAssembly();
    await open.assembly.add(source, time);
    return null;
  }

  /** `keep` true: finishes the video. False: deletes it and returns null. */
  async close(id: string, keep: boolean): Promise<AssembleResult | null> {
    const open = this.#open.get(id);
    if (!open && keep) throw lostAssembly();
    if (!open) return null;
    this.#open.delete(id);
    if (!keep) open.stop.abort(new StoppedError(false));
    try {
      return keep ? await open.assembly.finish() : null;
    } finally {
      await open.assembly[Symbol.asyncDispose]();
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id, false)));
  }
}

const lostAssembly = (): RemasterError =>
  new RemasterError('ENGINE_CRASHED', 'The engine process that wrote the video has exited; the video is lost.', {
    remedy: 'Send the images again.',
  });
