import { ImageOrder } from './imageOrder';
import type { ImageMessage } from './waitingImages';

/** What a message means to its video. */
interface Taken {
  /** The sequence has ended with this message. */
  readonly isComplete: boolean;
  /** The message has no image, or one that came before or too late. */
  readonly isIgnored: boolean;
  /** The images to write now, in order. */
  readonly next: readonly ImageMessage[];
}

/** The images of one video, by `msg.parts`. */
export class ImageSequence {
  readonly #order = new ImageOrder<ImageMessage>();
  #received = 0;
  #count: number | null = null;

  /** Images that the video should have, missing ones included. */
  get expected(): number {
    return this.#count ?? this.#order.position;
  }

  take(image: ImageMessage): Taken {
    const { index, count } = (image.parts ?? {}) as { readonly index?: unknown; readonly count?: unknown };
    if (typeof count === 'number') this.#count = count;
    if (image.hasImage) this.#received++;
    const isComplete = image.msg['complete'] !== undefined || (this.#count !== null && this.#received >= this.#count);
    const isIgnored = !image.hasImage || !this.#order.add(typeof index === 'number' ? index : null, image);
    return { isComplete, isIgnored, next: [...this.#order.take(isComplete)] };
  }
}
