import type { Backend } from './backend';
import { IDLE_MS } from './ableRuns';
import { orNull } from './fields';
import { parseWaiting, type WaitingImage, whyNotImage } from './imagePayloads';
import { IMAGES } from './names';
import type { WorkerRecord } from './payloads';

/** Most images that are read to find one that this worker can make. */
const MOST = 50;

/** The images of a queue that a worker can make, oldest first. */
export class AbleImages {
  #readAt = -Infinity;
  #able: readonly WaitingImage[] = [];

  constructor(
    private readonly backend: Backend,
    private readonly worker: () => WorkerRecord,
  ) {}

  /** Asks the queue at most once in a while. */
  async read(): Promise<readonly WaitingImage[]> {
    if (performance.now() - this.#readAt < IDLE_MS) return this.#able;
    const waiting = await (await this.backend.queue(IMAGES)).getJobs(['waiting'], 0, MOST - 1, true);
    const found = waiting.flatMap((job) => orNull(() => parseWaiting(job?.data)) ?? []);
    this.#able = found.filter((image) => whyNotImage(image, this.worker()) === null);
    this.#readAt = performance.now();
    return this.#able;
  }

  /** One that this worker has looked at need not be looked at again. */
  drop(run: string): void {
    this.#able = this.#able.filter((one) => one.run !== run);
  }
}
