import type { NodeStatus } from 'node-red';
import type { AssembleResult } from '../../src/settings/assembleJob';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import { ImageSequence } from './imageSequence';
import type { ImageWriter } from './imageWriter';
import { type ImageMessage, tooFast, WaitingImages } from './waitingImages';

interface Listeners {
  readonly showFinal: (next: NodeStatus) => void;
  /** The video has ended; called again if it is stopped after that. */
  readonly onEnd: () => void;
}

/**
 * Milliseconds after which an announced image that has not come counts as lost, if no other comes: a node in between may
 * have dropped it. The slowest model takes minutes for an image.
 */
const LOST_MS = 600_000;

/** One video that is made from images in messages. */
export class VideoAssembly {
  readonly #sequence = new ImageSequence();
  readonly #waiting = new WaitingImages();
  #isOver = false;
  #isComplete = false;
  #lost: NodeJS.Timeout | undefined;

  constructor(
    private readonly writer: ImageWriter,
    private readonly listeners: Listeners,
    private readonly lostMs = LOST_MS,
  ) {}

  /** Returns true if the sequence is complete with this message. */
  take(image: ImageMessage): boolean {
    if (!this.#waiting.add(image)) {
      this.#fail(image, tooFast());
      return false;
    }
    if (!this.#isComplete) this.#add(image);
    else this.#waiting.finish(image); // too late
    return this.#isComplete;
  }

  async stop(): Promise<void> {
    this.#end();
    await this.writer.discard(new Error('stopped'));
    this.#waiting.finishAll();
  }

  #add(image: ImageMessage): void {
    clearTimeout(this.#lost);
    const taken = this.#place(image);
    if (taken === null) return;
    const { isComplete, isIgnored, next } = taken;
    if (isComplete) return this.#complete(image, next);
    if (isIgnored) this.#waiting.finish(image);
    for (const one of next) this.#write(one, false);
    if (this.#sequence.isCounted)
      this.#lost = setTimeout(() => this.#complete(image, this.#sequence.rest()), this.lostMs);
  }

  /** Null: the video has failed with it. */
  #place(image: ImageMessage): ReturnType<ImageSequence['take']> | null {
    try {
      return this.#sequence.take(image);
    } catch (error) {
      this.#fail(image, error);
      return null;
    }
  }

  /** `last`: its message carries the result. */
  #complete(last: ImageMessage, next: readonly ImageMessage[]): void {
    this.#isComplete = true;
    for (const one of next) this.#write(one, one === last);
    void this.#finish(last);
  }

  /** `isLast`: the message carries the result later. */
  #write(image: ImageMessage, isLast: boolean): void {
    this.writer.write(image.msg).then(
      () => isLast || this.#waiting.finish(image),
      (error: unknown) => this.#fail(image, error),
    );
  }

  async #finish(image: ImageMessage): Promise<void> {
    const result = await this.writer.finish().catch((error: unknown) => this.#fail(image, error));
    if (!result || this.#isOver) return;
    this.#end();
    sendResult(image, result, this.#sequence.expected);
    this.listeners.showFinal(status.done(result.elapsed));
    this.#waiting.finish(image);
  }

  #fail(image: ImageMessage, error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    void this.writer.discard(error);
    this.listeners.showFinal(status.failed(error));
    this.#waiting.finish(image, nodeError(error));
    this.#waiting.finishAll(); // one error per video
  }

  #end(): void {
    clearTimeout(this.#lost);
    this.#isOver = true;
    this.listeners.onEnd();
  }
}

function sendResult({ msg, send }: ImageMessage, result: AssembleResult, expected: number): void {
  const { output, frames, width, height, elapsed, bytes, warnings } = result;
  const counts = { framesIn: expected, framesOut: frames, dropped: expected - frames };
  const payload = { status: 'done', ...counts, elapsed, fps: frames / elapsed, bytes, width, height, warnings };
  send([Object.assign(msg, { filename: output, payload }), null]);
}
