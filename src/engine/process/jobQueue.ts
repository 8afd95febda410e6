/** Jobs in the order they came, with their places told. Nothing waits here without a bound of its own: whoever adds holds the promise. */
export class JobQueue {
  readonly #waiting: { readonly id: string; readonly atOnce: number; readonly start: () => Promise<void> }[] = [];
  #running = 0;

  constructor(private readonly onPosition: (id: string, position: number) => void) {}

  /** Jobs running and waiting. */
  get length(): number {
    return this.#waiting.length + this.#running;
  }

  /** `start` is called when everything before it has started and fewer than `atOnce` run; it must not reject. */
  add(id: string, atOnce: number, start: () => Promise<void>): void {
    this.#waiting.push({ id, atOnce, start });
    if (!this.#next()) this.onPosition(id, this.#waiting.length);
  }

  /** Takes a job out that has not started. False when it has, or is not here. */
  remove(id: string): boolean {
    const place = this.#waiting.findIndex((job) => job.id === id);
    if (place < 0) return false;
    this.#waiting.splice(place, 1);
    this.#tell();
    return true;
  }

  /** Starts the first in line when there is room for it. */
  #next(): boolean {
    const first = this.#waiting[0];
    if (!first || this.#running >= first.atOnce) return false;
    this.#waiting.shift();
    this.#running++;
    this.#tell();
    this.onPosition(first.id, 0);
    void first.start().finally(() => {
      this.#running--;
      while (this.#next());
    });
    return true;
  }

  #tell(): void {
    this.#waiting.forEach(({ id }, i) => this.onPosition(id, i + 1));
  }
}
