import type { Latency, LiveProgress } from '../../../settings/liveJob';

/** Milliseconds over which rates and latencies are looked at. */
const WINDOW = 10_000;

interface Sample {
  readonly at: number;
  /** Milliseconds. */
  readonly value: number;
}

type Counts = Pick<LiveProgress, 'in' | 'out' | 'dropped' | 'fps' | 'fpsIn' | 'dropShare' | 'latency' | 'ageAtDrop'> & {
  /** As `dropShare`, but of the pictures that were not left out on purpose. */
  readonly missed: number;
};

/** Counts pictures. Times are those of `performance.now()`, or of a clock that a test hands in. */
export function liveStats(now: () => number = () => performance.now()) {
  const came = samples(now);
  const made = samples(now);
  const lost = samples(now);
  const spared = samples(now);
  const share = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.min(1, part / whole));
  return {
    came: (): void => came.add(0),
    made: (latency: number): void => made.add(latency),
    dropped: (age: number): void => lost.add(age),
    /** Left out on purpose: it is dropped as well, but nothing is late. */
    spared: (): void => spared.add(0),
    /** Rates, shares and latencies are those of the last `window` milliseconds, at most ten seconds. */
    counts(window = WINDOW): Counts {
      const recent = came.recent(window).length;
      const [late, left] = [lost.recent(window).length, spared.recent(window).length];
      return {
        in: came.total(),
        out: made.total(),
        dropped: lost.total() + spared.total(),
        fps: made.rate(window),
        fpsIn: came.rate(window),
        dropShare: share(late + left, recent),
        missed: share(late, recent - left),
        latency: percentiles(made.recent(window)),
        ageAtDrop: percentiles(lost.recent(window)),
      };
    },
  };
}

function samples(now: () => number) {
  let kept: Sample[] = []; // of the window: bounded by what comes in ten seconds
  let total = 0;
  const after = (since: number): Sample[] => {
    const first = kept.findIndex(({ at }) => at >= since);
    return first < 0 ? [] : kept.slice(first);
  };
  const recent = (window: number): readonly Sample[] => {
    kept = after(now() - WINDOW);
    return window >= WINDOW ? kept : after(now() - window);
  };
  return {
    add(value: number): void {
      total++;
      kept.push({ at: now(), value });
      if (kept.length % 256 === 0) kept = after(now() - WINDOW);
    },
    recent,
    total: () => total,
    /** Per second; null while one sample says nothing yet. */
    rate(window: number): number | null {
      const [first, ...rest] = recent(window);
      if (!first || rest.length === 0) return null;
      // Up to now: a camera that went silent must not seem to run on.
      return (rest.length * 1000) / Math.max(now() - first.at, 1);
    },
  };
}

function percentiles(list: readonly Sample[]): Latency | null {
  if (list.length === 0) return null;
  const sorted = list.map(({ value }) => value).toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
