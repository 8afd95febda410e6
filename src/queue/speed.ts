/** Segments that the speed is measured over. */
const SEGMENTS = 5;

interface Made {
  readonly frames: number;
  readonly seconds: number;
}

/** Frames per second of a worker, over its last segments and the one that it makes. */
export class SpeedOf {
  #last: readonly Made[] = [];
  #now: Made | null = null;
  #since = 0;

  begin(): void {
    this.#now = { frames: 0, seconds: 0 };
    this.#since = performance.now();
  }

  /** `frames`: of the segment that it makes now. */
  note(frames: number): void {
    if (this.#now !== null) this.#now = { frames, seconds: (performance.now() - this.#since) / 1000 };
  }

  /** `frames` null: the segment was found, or not made. */
  end(frames: number | null): void {
    if (frames !== null) {
      this.note(frames);
      this.#last = [...this.#last, ...(this.#now ? [this.#now] : [])].slice(-SEGMENTS);
    }
    this.#now = null;
  }

  /** Null: it has made none yet. */
  get fps(): number | null {
    const all = this.#now ? [...this.#last, this.#now] : this.#last;
    const sum = (field: keyof Made): number => all.reduce((total, each) => total + each[field], 0);
    return sum('frames') > 0 && sum('seconds') > 0 ? sum('frames') / sum('seconds') : null;
  }
}
