/** Jobs one after the other, with their places told. Nothing waits here without a bound of its own: whoever adds holds the promise. */
export class JobQueue {
  readonly #waiting: { readonly id: string; readonly start: () => Promise<void> }[] = [];
  #running: string | null = null;

  constructor(private readonly onPosition: (id: string, position: number) => void) {}

  /** Jobs running and waiting. */
  get length(): number {
    return this.#waiting.length + (this.#running === null ? 0 : 1);
  }

  /** `start` is called when everything before it has settled; it must not reject. */
  add(id: string, start: () => Promise<void>): void {
    this.#waiting.push({ id, start });
    if (this.#running === null) this.#next();
    else this.onPosition(id, this.#waiting.length);
  }

  /** Takes a job out that has not started. False when it has, or is not here. */
  remove(id: string): boolean {
    const place = this.#waiting.findIndex((job) => job.id === id);
    if (place < 0) return false;
    this.#waiting.splice(place, 1);
    this.#tell();
    return true;
  }

  #next(): void {
    const job = this.#waiting.shift();
    this.#running = job?.id ?? null;
    if (!job) return;
    this.#tell();
    this.onPosition(job.id, 0);
    void job.start().finally(() => this.#next());
  }

  #tell(): void {
    this.#waiting.forEach(({ id }, i) => this.onPosition(id, i + 1));
  }
}
