import { IdleTimer } from '../../async/idleTimer';
import { SerialQueue } from '../../async/serialQueue';
import { untilAborted } from '../../async/untilAborted';
import { RemasterError, StoppedError } from '../../errors';
import { usableModels } from '../../model/bundle/modelLibrary';
import { openFaceFinder } from '../../model/inference/openModel';
import { keepSegment, madeSegment, type MadeSegment, partOf, removePart } from '../../pipeline/jobs/madeSegments';
import { isRecorded } from '../../pipeline/jobs/restore/record/openRecorder';
import { checkMachine } from '../../pipeline/jobs/restore/checkMachine';
import type { Maker, SegmentRange, SharedJob } from '../../pipeline/jobs/restore/segmentFarm';
import { openSegmentMaker, type SegmentMaker } from '../../pipeline/jobs/restore/segmentMaker';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { ModelCache } from './modelCache';
import { recordTools } from './recordTools';

interface OpenMaker {
  readonly folder: string;
  readonly maker: SegmentMaker;
  readonly stop: AbortController;
}

/** Jobs that are kept open: a worker changes between them. Each has a decoder at the place of its last segment. */
const OPEN = 2;
const IDLE_MS = 60_000;

/** Makes segments of jobs of other machines. */
export class SegmentMakers implements AsyncDisposable {
  /** Least recently used first. */
  #open: OpenMaker[] = [];
  readonly #steps = new SerialQueue();
  readonly #idle = new IdleTimer(() => void this.#steps.run(() => this.#closeAll()));

  constructor(private readonly modelCache: ModelCache) {}

  /** Whether this machine makes the same as the others of its class. */
  async check(shared: SharedJob, who: Maker, provider: string, signal: AbortSignal): Promise<null> {
    return this.#with(shared, 0, provider, signal, async (maker) => {
      await checkMachine(maker, shared.folder, who);
      return null;
    });
  }

  /** The segment, found or made. */
  async make(
    shared: SharedJob,
    range: SegmentRange,
    who: Maker,
    provider: string,
    signal: AbortSignal,
  ): Promise<MadeSegment> {
    const { folder, key } = shared;
    const found = await madeSegment(folder, key, range.index, isRecorded(shared.job));
    if (found) return found;
    const { index, first, count: frames } = range;
    return this.#with(shared, first, provider, signal, async (maker) => {
      const part = partOf(folder, index, who.owner);
      try {
        const made = await maker.make(range, part);
        return await keepSegment(folder, key, part, { index, frames, by: who.by, machine: who.machine, ...made });
      } finally {
        await removePart(part);
      }
    });
  }

  /** Frames of the current segment that are made. */
  frames(folder: string): number {
    return this.#open.find((one) => one.folder === folder)?.maker.frames ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#idle.stop();
    for (const { stop } of this.#open) stop.abort(new StoppedError(true));
    await this.#steps.run(() => this.#closeAll());
  }

  /** One at a time: what this machine has is for one segment. */
  #with<T>(
    shared: SharedJob,
    first: number,
    provider: string,
    signal: AbortSignal,
    use: (maker: SegmentMaker) => Promise<T>,
  ): Promise<T> {
    return this.#steps.run(async () => {
      this.#idle.stop();
      const one = await this.#opened(shared, first, provider, signal);
      const stop = (): void => one.stop.abort(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      try {
        return await use(one.maker);
      } catch (error) {
        await this.#close(one); // its decoder is somewhere within the segment
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener('abort', stop);
        this.#idle.restart(IDLE_MS);
      }
    });
  }

  async #opened(shared: SharedJob, first: number, provider: string, signal: AbortSignal): Promise<OpenMaker> {
    signal.throwIfAborted();
    const { folder } = shared;
    const found = this.#open.find((one) => one.folder === folder);
    if (found && found.maker.position <= first) {
      this.#open = [...this.#open.filter((one) => one !== found), found];
      return found;
    }
    if (found) await this.#close(found);
    while (this.#open.length >= OPEN) await this.#close(this.#open[0]!);
    const stop = new AbortController();
    const models = { openModel: this.modelCache.open, openFaceFinder, modelNames: usableModels, record: recordTools() };
    const openModel: typeof models.openModel = async (request) => {
      const model = await models.openModel(request);
      if (model.info.provider === provider) return model;
      await model[Symbol.asyncDispose]();
      throw otherProvider(model.info.name, provider, model.info.provider);
    };
    const opening = openSegmentMaker(shared, { ...models, openModel, binary: await findFfmpeg() }, stop.signal);
    const maker = await untilAborted(opening, signal).catch((error: unknown) => {
      stop.abort(error);
      opening.then((late) => late[Symbol.asyncDispose]()).then(null, () => {}); // loading a model cannot be interrupted
      throw error;
    });
    const opened = { folder, maker, stop };
    this.#open.push(opened);
    return opened;
  }

  async #close(one: OpenMaker): Promise<void> {
    this.#open = this.#open.filter((other) => other !== one);
    one.stop.abort(new StoppedError(true));
    await one.maker[Symbol.asyncDispose]().then(null, () => {}); // the stop is expected
  }

  async #closeAll(): Promise<void> {
    for (const one of this.#open) await this.#close(one);
  }
}

const otherProvider = (model: string, wanted: string, found: string): RemasterError =>
  new RemasterError('MODEL_INCOMPATIBLE', `The model ${model} runs on ${found} here, and other models on ${wanted}.`, {
    remedy: 'Start another worker with --provider ' + found + ' for it.',
  });
