import { BoundedQueue } from '../../src/async/boundedQueue';
import type { Input } from '../message/input';
import { ImageRun, type ImageWork } from './imageRun';
import type { Settings } from './imageSettings';

interface Queued {
  readonly message: Input;
  /** By `performance.now()`. */
  readonly arrivedAt: number;
}

/** One message at a time: results leave in the order their images arrived. The others wait, as long as the settings allow. */
export class ImageQueue<R> {
  readonly #waiting: BoundedQueue<Queued>;
  #current: ImageRun<R> | null = null;
  #isServing = false;
  #isClosed = false;

  constructor(
    private readonly settings: Pick<Settings, 'queue' | 'full' | 'maxAge'>,
    private readonly work: ImageWork<R>,
  ) {
    this.#waiting = new BoundedQueue(settings.queue, settings.full);
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(message: Input): void {
    const queued = { message, arrivedAt: performance.now() };
    if (!this.#isServing) return void this.#serve(queued);
    const overflow = this.#waiting.push(queued);
    if (overflow) this.work.onDrop(overflow.message, 'full');
    else this.work.onChange();
  }

  /** Drops all messages. */
  stop(): void {
    for (const { message } of this.#waiting.drain()) this.work.onDrop(message, 'stopped');
    this.#current?.stop();
  }

  /** Ends all messages without a result, because the node closes. */
  close(): void {
    this.#isClosed = true;
    this.#current?.close();
    for (const { message } of this.#waiting.drain()) message.done();
  }

  async #serve(first: Queued): Promise<void> {
    this.#isServing = true;
    for (let next: Queued | undefined = first; next && !this.#isClosed; next = this.#waiting.shift()) {
      const { maxAge } = this.settings;
      if (maxAge !== null && performance.now() - next.arrivedAt > maxAge) this.work.onDrop(next.message, 'old');
      else await this.#run(next.message);
    }
    this.#isServing = false;
    if (!this.#isClosed) this.work.onChange();
  }

  async #run(message: Input): Promise<void> {
    this.#current = new ImageRun(message, this.work);
    this.work.onChange();
    await this.#current.run();
    this.#current = null;
  }
}
