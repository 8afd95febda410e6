/**
 * What has to be closed together, last opened first closed: the `AsyncDisposableStack` of ECMAScript, which Node.js has
 * from version 24. If several fail to close, an AggregateError has all their errors.
 */
export class AsyncDisposableStack implements AsyncDisposable {
  #closers: (() => unknown)[] | null = [];

  get disposed(): boolean {
    return this.#closers === null;
  }

  /** Takes over a resource and returns it. Null and undefined are returned, and nothing is to be closed. */
  use<T extends AsyncDisposable | Disposable | null | undefined>(resource: T): T {
    if (resource === null || resource === undefined) return resource;
    const owned: Partial<AsyncDisposable & Disposable> = resource;
    if (owned[Symbol.asyncDispose]) this.defer(() => owned[Symbol.asyncDispose]!());
    else if (owned[Symbol.dispose]) this.defer(() => owned[Symbol.dispose]!());
    else throw new TypeError('a resource needs a function to dispose of it');
    return resource;
  }

  /** Takes over a value that a function of its own closes, and returns it. */
  adopt<T>(value: T, close: (value: T) => unknown): T {
    this.defer(() => close(value));
    return value;
  }

  /** Calls `close` when the stack is disposed of. */
  defer(close: () => unknown): void {
    if (this.#closers === null) throw new ReferenceError('this stack is disposed of');
    this.#closers.push(close);
  }

  /** Moves all to a new stack: this one closes nothing any more. */
  move(): AsyncDisposableStack {
    if (this.#closers === null) throw new ReferenceError('this stack is disposed of');
    const moved = new AsyncDisposableStack();
    moved.#closers = this.#closers;
    this.#closers = null;
    return moved;
  }

  /** Closes all, one after the other, also those behind one that fails. Rejects with its error, or with all of them. */
  async disposeAsync(): Promise<void> {
    const closers = this.#closers ?? [];
    this.#closers = null;
    const errors: unknown[] = [];
    for (const close of closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 1) throw new AggregateError(errors, 'several things could not be closed');
    if (errors.length === 1) throw errors[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync();
  }
}
