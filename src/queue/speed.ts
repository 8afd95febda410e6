/** Segments that the speed is measured over. */
const SEGMENTS = 5;

/** Frames per second of a worker, over its last segments. */
export class SpeedOf {
  #last: { readonly frames: number; readonly seconds: number }[] = [];
  #since: number | null = null;

  begin(): void {
    this.#since = performance.now();
  }

  /** `frames` null: the segment was found, or not made. */
  end(frames: number | null): void {
    if (frames !== null) this.#last = [...this.#last, { frames, seconds: this.#seconds }].slice(-SEGMENTS);
    this.#since = null;
  }

  /** Null: none yet. */
  get average(): number | null {
    return this.#of(0, 0);
  }

  /** With the `frames` of the segment that it makes now. */
  with(frames: number): number | null {
    return this.#of(frames, this.#seconds);
  }

  /** Since the current segment was begun. */
  get #seconds(): number {
    return this.#since === null ? 0 : (performance.now() - this.#since) / 1000;
  }

  #of(frames: number, seconds: number): number | null {
    const sum = (field: 'frames' | 'seconds'): number => this.#last.reduce((total, each) => total + each[field], 0);
    const all = { frames: sum('frames') + frames, seconds: sum('seconds') + seconds };
    return all.frames > 0 && all.seconds > 0 ? all.frames / all.seconds : null;
  }
}
