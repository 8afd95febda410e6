import type { Engine } from '../engine/client/engine';
import { anyOutput, type BatchJob, jobOfFile } from '../settings/batchJob';
import type { Job } from '../settings/restoreJob';
import { fail, type QueuedFile, queuedFile } from './batchFile';
import type { FoundSources, Source } from './findSources';
import { layered } from './layered';
import { namedBy } from './modelNames';
import { OutputNames, outputPath } from './outputNames';

/** Gives each source a job with a name for its result. What cannot get one has failed before any work starts. */
export class FilePlanner {
  readonly #names: OutputNames;
  #lastId = 0;

  /** `out`: absolute. */
  constructor(
    private readonly out: string,
    isCaseSensitive: boolean,
    private readonly settings: BatchJob,
    private readonly engine: Engine,
  ) {
    this.#names = new OutputNames(isCaseSensitive);
  }

  async plan({ sources, unreadable }: FoundSources, signal: AbortSignal): Promise<QueuedFile[]> {
    const planned: QueuedFile[] = [];
    for (const source of sources) planned.push(await this.#file(source, signal));
    const named = planned.filter(({ output, state }) => output !== null && state === 'waiting');
    const errors = this.#names.claim(named.map(({ input, output }) => ({ input, output: output! })));
    for (const [i, error] of errors.entries()) if (error) fail(named[i]!, error);
    return [...unreadable.map(({ path, error }) => this.#failed(path, error)), ...planned];
  }

  async #file(source: Source, signal: AbortSignal): Promise<QueuedFile> {
    try {
      const job = await this.#jobOf(source, signal);
      return queuedFile(++this.#lastId, source.path, { source, job, key: null });
    } catch (error) {
      signal.throwIfAborted();
      return this.#failed(source.path, error);
    }
  }

  async #jobOf(source: Source, signal: AbortSignal): Promise<Job> {
    const { name } = this.settings.batch;
    const settings = layered(source.settings, this.settings.file);
    const unnamed = jobOfFile(settings, source.path, anyOutput(settings, this.out));
    const output = outputPath(this.out, name, source, await namedBy(this.engine, name, unnamed, signal));
    return jobOfFile(settings, source.path, output);
  }

  #failed(path: string, error: unknown): QueuedFile {
    const file = queuedFile(++this.#lastId, path, null);
    fail(file, error);
    return file;
  }
}
