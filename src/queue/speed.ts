/** Segments that the speed is measured over. */
const SEGMENTS = 5;

/** Frames per second of a worker, over its last segments. */
export class SpeedOf {
  #last: { readonly frames: number; readonly seconds: number }[] = [];
  #since: number | null = null;

  begin(): void {
    this.#since = performance.now();
  }

  end(frames: number): void {
    if (this.#since === null) return;
    this.#last = [...this.#last, { frames, seconds: (performance.now() - this.#since) / 1000 }].slice(-SEGMENTS);
    this.#since = null;
  }

  /** With the `frames` of the segment that it makes now; null: none yet. */
  with(frames: number): number | null {
    const now = this.#since === null ? 0 : (performance.now() - this.#since) / 1000;
    const sum = (field: 'frames' | 'seconds'): number => this.#last.reduce((total, each) => total + each[field], 0);
    const all = { frames: sum('frames') + frames, seconds: sum('seconds') + now };
    return all.frames > 0 && all.seconds > 0 ? all.frames / all.seconds : null;
  }
}
