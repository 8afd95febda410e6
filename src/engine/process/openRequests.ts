import { errorRecord, StoppedError } from '../../errors';
import type { Reply } from '../protocol';

/** Requests that are being answered. */
export class OpenRequests implements Disposable {
  readonly #open = new Map<string, AbortController>();

  /** `onEnd`: called after each request. */
  constructor(
    private readonly send: (reply: Reply) => void,
    private readonly onEnd: () => void,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  /** Sends what `handle` returns, or why it failed. */
  async answer(id: string, handle: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const abort = new AbortController();
    this.#open.set(id, abort);
    try {
      this.send({ type: 'answer', id, result: await handle(abort.signal) });
    } catch (error) {
      this.send({ type: 'failed', id, error: errorRecord(error) });
    } finally {
      this.#open.delete(id);
      this.onEnd();
    }
  }

  stop(id: string, keep: boolean): void {
    this.#open.get(id)?.abort(new StoppedError(keep));
  }

  /** Stops all requests. It does not wait for them: loading a model cannot be interrupted. */
  [Symbol.dispose](): void {
    for (const id of this.#open.keys()) this.stop(id, true);
  }
}
