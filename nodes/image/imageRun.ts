import type { Input } from '../message/input';

/** Why a message leaves without a result. */
export type DropReason = 'full' | 'old' | 'stopped';

/** What happens to the messages of a queue. */
export interface ImageWork<R> {
  readonly upscale: (message: Input, signal: AbortSignal) => Promise<R>;
  readonly onResult: (message: Input, result: R) => void;
  readonly onError: (message: Input, error: unknown) => void;
  readonly onDrop: (message: Input, why: DropReason) => void;
  /** A message waits, or its turn has come, or none is left. */
  readonly onChange: () => void;
}

/** The message in the engine. */
export class ImageRun<R> {
  readonly #stop = new AbortController();
  #isClosed = false;

  constructor(
    private readonly message: Input,
    private readonly work: ImageWork<R>,
  ) {}

  /** Settles when the message is dealt with. */
  async run(): Promise<void> {
    const { message, work } = this;
    const { signal } = this.#stop;
    try {
      const result = await work.upscale(message, signal);
      if (!this.#isClosed) work.onResult(message, result);
    } catch (error) {
      if (this.#isClosed) return; // `close` has called done()
      if (signal.aborted) work.onDrop(message, 'stopped');
      else work.onError(message, error);
    }
  }

  stop(): void {
    this.#stop.abort(new Error('stopped'));
  }

  /** Ends the message without a result, because the node closes. */
  close(): void {
    this.#isClosed = true;
    this.#stop.abort(new Error('closed'));
    this.message.done();
  }
}
