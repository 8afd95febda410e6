import type { Node, NodeStatus } from 'node-red';
import { Throttle } from '../../src/async/throttle';
import * as status from '../message/status';
import type { ImageQueue } from './imageQueue';

/** The status of an image upscale node, evaluated when it is shown, at most once per second. */
export class ImageStatus {
  readonly #line: Throttle<() => NodeStatus>;
  readonly #drops = status.rate();
  #lastMs: number | null = null;

  /** `idle`: shown until the first image. */
  constructor(
    node: Pick<Node, 'status'>,
    private idle: NodeStatus,
    private readonly queue: () => Pick<ImageQueue<unknown>, 'isServing' | 'length'>,
  ) {
    this.#line = new Throttle((words) => node.status(words()));
    this.#line.final(() => idle);
  }

  /** The queue has changed. */
  readonly update = (): void => this.#line.push(this.#current);

  dropped(): void {
    this.#drops.count();
    this.update();
  }

  finished(ms: number): void {
    this.#lastMs = ms;
    this.idle = status.finishedImage(ms);
  }

  failed(error: unknown): void {
    this.idle = status.failed(error);
  }

  close(): void {
    this.#line.close();
  }

  readonly #current = (): NodeStatus => {
    const rate = this.#drops.perSecond();
    if (rate > 0) {
      this.update(); // shows the next state after this one
      return status.dropping(rate);
    }
    const { isServing, length } = this.queue();
    return isServing ? status.upscalingImage(this.#lastMs, length) : this.idle;
  };
}
