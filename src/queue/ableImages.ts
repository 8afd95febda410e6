import { IDLE_MS } from './ableRuns';
import type { Backend } from './backend';
import { orNull } from './fields';
import { parseWaiting, type WaitingImage, whyNotImage } from './imagePayloads';
import { IMAGES } from './names';
import type { WorkerRecord } from './payloads';
import { removeImage } from './removeRun';

/** Most images that are read to find one that this worker can make. */
const MOST = 50;
/** An image that waits for a day was left by a process that was killed. */
const LEFT_MS = 86_400_000;

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
    const found: WaitingImage[] = [];
    for (const job of waiting) {
      const image = orNull(() => parseWaiting(job?.data));
      if (image && Date.now() - job.timestamp > LEFT_MS) await removeImage(this.backend, image.run);
      else if (image) found.push(image);
    }
    this.#able = found.filter((image) => whyNotImage(image, this.worker()) === null);
    this.#readAt = performance.now();
    return this.#able;
  }

  /** One that this worker has tried to take need not be tried again at once. */
  drop(run: string): void {
    this.#able = this.#able.filter((one) => one.run !== run);
  }
}
