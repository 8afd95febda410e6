import type { Latency, LiveProgress } from '../../../settings/liveJob';

/** Milliseconds over which rates and latencies are measured. */
const WINDOW = 10_000;

/** Milliseconds over which a rate can be told. */
const SHORTEST = 1000;

interface Sample {
  readonly at: number;
  /** Milliseconds. */
  readonly value: number;
}

type Counts = Pick<LiveProgress, 'in' | 'out' | 'dropped' | 'fps' | 'fpsIn' | 'dropShare' | 'latency' | 'ageAtDrop'> & {
  /** As `dropShare`, without frames that were skipped on purpose. */
  readonly missed: number;
};

export type LiveStats = ReturnType<typeof liveStats>;

/** Counts frames. `now` is replaced in tests. */
export function liveStats(now: () => number = () => performance.now()) {
  const received = samples(now);
  const upscaled = samples(now);
  const dropped = samples(now);
  const skipped = samples(now);
  const share = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.min(1, part / whole));
  return {
    received: (): void => received.add(0),
    upscaled: (latency: number): void => upscaled.add(latency),
    dropped: (age: number): void => dropped.add(age),
    /** Skipped on purpose: counted as dropped, but not as missed. */
    skipped: (): void => skipped.add(0),
    /** Rates, shares and latencies cover the last `window` milliseconds, at most ten seconds. */
    counts(window = WINDOW): Counts {
      const recent = received.recent(window).length;
      const [late, left] = [dropped.recent(window).length, skipped.recent(window).length];
      return {
        in: received.total(),
        out: upscaled.total(),
        dropped: dropped.total() + skipped.total(),
        fps: upscaled.rate(window),
        fpsIn: received.rate(window),
        dropShare: share(late + left, recent),
        missed: share(late, recent - left),
        latency: percentiles(upscaled.recent(window)),
        ageAtDrop: percentiles(dropped.recent(window)),
      };
    },
  };
}

function samples(now: () => number) {
  let list: Sample[] = []; // bounded: samples of ten seconds
  let total = 0;
  const after = (since: number): Sample[] => {
    const first = list.findIndex(({ at }) => at >= since);
    return first < 0 ? [] : list.slice(first);
  };
  const recent = (window: number): readonly Sample[] => {
    list = after(now() - WINDOW);
    return window >= WINDOW ? list : after(now() - window);
  };
  return {
    add(value: number): void {
      total++;
      list.push({ at: now(), value });
      if (list.length % 256 === 0) list = after(now() - WINDOW);
    },
    recent,
    total: () => total,
    /** Per second; null before the second sample, and in the first second, in which they come in a burst. */
    rate(window: number): number | null {
      const [first, ...rest] = recent(window);
      if (!first || rest.length === 0) return null;
      const time = now() - first.at; // up to now, so that the rate falls when a camera stops sending
      return time < SHORTEST ? null : (rest.length * 1000) / time;
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
