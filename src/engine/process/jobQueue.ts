/** First-in, first-out queue of jobs; reports the position of each. The client limits how many it adds. */
export class JobQueue {
  readonly #waiting: { readonly id: string; readonly maxConcurrent: number; readonly start: () => Promise<void> }[] =
    [];
  #running = 0;

  constructor(private readonly onPosition: (id: string, position: number) => void) {}

  /** Jobs running and waiting. */
  get length(): number {
    return this.#waiting.length + this.#running;
  }

  /** Calls `start` when all earlier jobs have started and fewer than `maxConcurrent` run; it must not reject. */
  add(id: string, maxConcurrent: number, start: () => Promise<void>): void {
    this.#waiting.push({ id, maxConcurrent, start });
    if (!this.#startNext()) this.onPosition(id, this.#waiting.length);
  }

  /** Removes a waiting job. Returns false when it has started or is unknown. */
  remove(id: string): boolean {
    const index = this.#waiting.findIndex((job) => job.id === id);
    if (index < 0) return false;
    this.#waiting.splice(index, 1);
    this.#reportPositions();
    return true;
  }

  #startNext(): boolean {
    const first = this.#waiting[0];
    if (!first || this.#running >= first.maxConcurrent) return false;
    this.#waiting.shift();
    this.#running++;
    this.#reportPositions();
    this.onPosition(first.id, 0);
    void first.start().finally(() => {
      this.#running--;
      while (this.#startNext());
    });
    return true;
  }

  #reportPositions(): void {
    this.#waiting.forEach(({ id }, i) => this.onPosition(id, i + 1));
  }
}
