/** Number of frames in the estimate. */
const HISTORY = 20;
/** Below this number of frames the slowest one counts, because outliers cannot be told apart yet. */
const MIN_HISTORY = 5;
/** Consecutive drops after which the oldest measurement is discarded. */
const DROPS_BEFORE_DECAY = 3;

/** Estimated cost of the next frame from the latest ones, in milliseconds; 0 before the first. */
export interface LatencyEstimate {
  /** Median. */
  readonly usual: number;
  /** Second largest: the time to reserve for a frame that must be in time. */
  readonly most: number;
  add(ms: number): void;
  /**
   * Call after a drop. After several in a row the oldest measurement is discarded, so that one slow moment cannot block
   * all frames.
   */
  decay(): void;
  /** Discards all measurements, e.g. after a change of model or steps. */
  reset(): void;
}

export function latencyEstimate(): LatencyEstimate {
  let times: number[] = [];
  let drops = 0;
  const sorted = (): number[] => times.toSorted((a, b) => a - b);
  return {
    get usual() {
      return sorted()[Math.floor(times.length / 2)] ?? 0;
    },
    get most() {
      return sorted()[times.length - (times.length < MIN_HISTORY ? 1 : 2)] ?? 0;
    },
    add(ms) {
      drops = 0;
      times = [...times.slice(1 - HISTORY), ms];
    },
    decay() {
      if (++drops % DROPS_BEFORE_DECAY === 0) times = times.slice(1);
    },
    reset() {
      times = [];
    },
  };
}

/**
 * Whether to drop a frame of this age before inference, so that at most one in twenty upscaled frames is late. If even
 * a new frame may miss the budget, the median is used instead; if the median misses it too, no frame is dropped,
 * because a late frame is better than none.
 */
export function isTooLate(
  age: number,
  { most, usual }: Pick<LatencyEstimate, 'most' | 'usual'>,
  budgetMs: number,
): boolean {
  const expected = [most, usual].find((ms) => ms <= budgetMs) ?? 0;
  return expected > 0 && age + expected > budgetMs;
}
