import { RemasterError } from '../../src/errors';
import { show } from '../../src/settings/showValue';
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
  /** Images that were not ignored. */
  #accepted = 0;
  #count: number | null = null;

  /** Images that the video should have, missing ones included. */
  get expected(): number {
    return Math.max(this.#count ?? 0, this.#order.position);
  }

  /** Whether a message has said how many images there are. */
  get isCounted(): boolean {
    return this.#count !== null;
  }

  /** Throws BAD_SETTING for an index or a count that is none. */
  take(image: ImageMessage): Taken {
    const { index, count } = (image.parts ?? {}) as { readonly index?: unknown; readonly count?: unknown };
    this.#count = wholeIn(count, 'count', 1) ?? this.#count;
    const isIgnored = !image.hasImage || !this.#order.add(wholeIn(index, 'index', 0), image);
    if (!isIgnored) this.#accepted++;
    const isEnd = image.msg['complete'] !== undefined || this.#reaches(this.#accepted);
    const next = [...this.#order.take(isEnd)];
    return { isComplete: isEnd || this.#reaches(this.#order.position), isIgnored, next };
  }

  /** The images that wait for missing ones, which do not come any more. */
  rest(): readonly ImageMessage[] {
    return [...this.#order.take(true)];
  }

  /** Whether so many images are all that were announced. */
  #reaches(images: number): boolean {
    return this.#count !== null && images >= this.#count;
  }
}

/** The number in a field of `msg.parts`; null without one. */
function wholeIn(value: unknown, name: string, min: number): number | null {
  if (value === undefined || value === null) return null;
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw new RemasterError('BAD_SETTING', `msg.parts.${name} is ${show(value)}, not a whole number from ${min}.`, {
    remedy: 'Correct it in the node that sends the images.',
  });
}
