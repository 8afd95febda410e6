/** Runs work one after the other, in the order of the calls. Work that fails does not stop the next. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles like `work`, which starts when all earlier work has ended. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {}); // the caller handles it
    return result;
  }
}
