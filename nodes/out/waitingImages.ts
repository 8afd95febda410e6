import type { NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { bytesLength } from '../../src/settings/imageBytes';
import type { Input } from '../message/input';

/** A message with an image of a video, or with the end of its sequence. */
export interface ImageMessage extends Input {
  readonly hasImage: boolean;
  /** `msg.parts` on arrival: a later node may change the message. */
  readonly parts: unknown;
}

/** Bytes of images that wait for the encoder. */
const MAX_BYTES = 256 * 2 ** 20;

/** The messages of a video that are not done yet. */
export class WaitingImages {
  readonly #bytes = new Map<ImageMessage, number>();
  #total = 0;

  /** Returns false if too many bytes wait; the message waits like the others. */
  add(image: ImageMessage): boolean {
    const bytes = sizeOf(image.msg);
    this.#bytes.set(image, bytes);
    this.#total += bytes;
    return this.#total <= MAX_BYTES;
  }

  /** Calls done(), once per message. */
  finish(image: ImageMessage, error?: Error): void {
    const bytes = this.#bytes.get(image);
    if (bytes === undefined) return;
    this.#bytes.delete(image);
    this.#total -= bytes;
    image.done(error);
  }

  finishAll(): void {
    for (const image of this.#bytes.keys()) this.finish(image);
  }
}

const sizeOf = ({ payload }: NodeMessageInFlow): number => {
  const { data } = (payload ?? {}) as { readonly data?: unknown };
  return bytesLength(payload) ?? bytesLength(data) ?? 0;
};

/** The error when too many bytes wait. */
export const tooFast = (): RemasterError =>
  new RemasterError(
    'IMAGE_DROPPED',
    `Images arrive faster than they can be written: ${MAX_BYTES / 2 ** 20} MiB are waiting.`,
    { remedy: 'Send them with back-pressure (video frames: Back-pressure: automatic), or choose a faster codec.' },
  );
