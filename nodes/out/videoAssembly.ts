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

/** One video that is made from images in messages. */
export class VideoAssembly {
  readonly #sequence = new ImageSequence();
  readonly #waiting = new WaitingImages();
  #isOver = false;

  constructor(
    private readonly writer: ImageWriter,
    private readonly listeners: Listeners,
  ) {}

  /** Returns true if the sequence is complete with this message. */
  take(image: ImageMessage): boolean {
    if (!this.#waiting.add(image)) {
      this.#fail(image, tooFast());
      return false;
    }
    const { isComplete, isIgnored, next } = this.#sequence.take(image);
    if (isIgnored && !isComplete) this.#waiting.finish(image);
    for (const one of next) this.#write(one, isComplete && one === image);
    if (isComplete) void this.#finish(image);
    return isComplete;
  }

  async stop(): Promise<void> {
    this.#end();
    await this.writer.discard(new Error('stopped'));
    this.#waiting.finishAll();
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
