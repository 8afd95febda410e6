import { untilAborted } from './untilAborted';

/** Holds the latest item. An item that is replaced before it was taken is passed to `onReplaced`. */
export class Mailbox<T> {
  #item: T | null = null;
  #wake: (() => void) | null = null;

  constructor(private readonly onReplaced: (item: T) => void) {}

  put(item: T): void {
    const old = this.#item;
    this.#item = item;
    if (old !== null) this.onReplaced(old);
    this.#wake?.();
  }

  take(): T | null {
    const item = this.#item;
    this.#item = null;
    return item;
  }

  /** Settles when there is an item; rejects with the signal's reason. Supports one waiter at a time. */
  async filled(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#item !== null) return;
    await untilAborted(new Promise<void>((resolve) => (this.#wake = resolve)), signal);
  }
}
