/** Milliseconds at a level before it is judged, so that a single hiccup does not change it. */
const MIN_DWELL = 4000;
/**
 * Milliseconds with time to spare before the next better level is tried; doubled after each failed attempt, up to the
 * second value.
 */
const RAISE_DELAY = [10_000, 300_000] as const;
/** A larger share of dropped frames counts as overload. */
const MAX_DROP_SHARE = 0.2;
/** Hysteresis: a better level must be expected to use at most this share of the available time. */
const MAX_LOAD = 0.65;
/** Last resort: only every second, fourth or eighth frame. */
const FRAME_STEPS = [2, 4, 8];

/** One quality level. */
export interface QualityStep {
  /** Uses the fallback model instead of the job's model. */
  readonly isFallback: boolean;
  /** Sampling steps of the job's model; the fallback model has its own number. */
  readonly steps: number;
  /** Only the region goes through the model. */
  readonly isRegionOnly: boolean;
  /** Every so many frames, one is upscaled. */
  readonly frameStep: number;
}

/** Savings allowed by the job. */
export interface LadderOptions {
  /** Sampling steps of the job. */
  readonly steps: number;
  /** Quality may be lowered; if not, there is one level. */
  readonly isAdaptive: boolean;
  /** There is a fallback model. */
  readonly hasFallback: boolean;
  /** When only the region of the frame goes through the model: never, only under overload, or always. */
  readonly region: 'never' | 'slow' | 'always';
  /** Frames may be skipped evenly. */
  readonly skipFramesEvenly: boolean;
}

/** The levels, best first: fewer steps, then the fallback model, then only the region, then fewer frames. */
export function qualitySteps({
  steps,
  isAdaptive,
  hasFallback,
  region,
  skipFramesEvenly,
}: LadderOptions): readonly QualityStep[] {
  const all: QualityStep = { isFallback: false, steps, isRegionOnly: region === 'always', frameStep: 1 };
  if (!isAdaptive) return [all];
  const ladder = halved(steps).map((count): QualityStep => ({ ...all, steps: count }));
  const add = (change: Partial<QualityStep>): void => void ladder.push({ ...ladder.at(-1)!, ...change });
  if (hasFallback) add({ isFallback: true });
  if (region === 'slow') add({ isRegionOnly: true });
  for (const frameStep of skipFramesEvenly ? FRAME_STEPS : []) add({ frameStep });
  return ladder;
}

/** `steps`, then half as many each time, down to 1. */
const halved = (steps: number): readonly number[] => (steps <= 1 ? [1] : [steps, ...halved(Math.floor(steps / 2))]);

/** Load since the last update. */
export interface LoadSample {
  /** Share of the frames that were to be upscaled, 0…1. */
  readonly dropShare: number;
  /** Milliseconds, 95th percentile. */
  readonly latency: number;
  /** Milliseconds of work per frame. */
  readonly work: number;
  /** Received frames per second. */
  readonly rate: number;
}

/** Moves along `ladder`: down while the machine is overloaded, up when there is time to spare, without oscillating. */
export function qualityLadder(
  ladder: readonly QualityStep[],
  budgetMs: number,
  now: () => number = () => performance.now(),
) {
  let level = 0;
  let levelSince = now();
  let idleSince: number | null = null;
  let raiseDelay: number = RAISE_DELAY[0];
  let raisedAt = -Infinity;
  /** Work of a level ÷ work of the next, measured at the change; before that, estimated by the steps. */
  const ratios = ladder.map((step, i) => (i === 0 ? 1 : ladder[i - 1]!.steps / step.steps));
  /** Work of the better level before the change. */
  let workBefore: number | null = null;
  const change = (by: number): void => {
    level += by;
    levelSince = now();
    idleSince = null;
  };
  return {
    get level(): number {
      return level;
    },
    /** Call about once a second. Returns true if the level has changed. */
    update({ dropShare, latency, work, rate }: LoadSample): boolean {
      if (now() - levelSince < MIN_DWELL) return false;
      if (workBefore !== null && work > 0) ratios[level] = Math.max(1, workBefore / work);
      workBefore = null;
      const isTooSlow = dropShare > MAX_DROP_SHARE || latency > budgetMs;
      if (isTooSlow && level + 1 < ladder.length) {
        if (now() - raisedAt < 2 * RAISE_DELAY[0]) raiseDelay = Math.min(2 * raiseDelay, RAISE_DELAY[1]); // the last raise failed
        if (ladder[level + 1]!.frameStep === ladder[level]!.frameStep && work > 0) workBefore = work;
        change(1);
        return true;
      }
      const better = ladder[level - 1];
      const expected = better ? work * ratios[level]! : Infinity;
      const hasRoom =
        !isTooSlow &&
        better &&
        expected < MAX_LOAD * budgetMs &&
        (expected * rate) / better.frameStep < MAX_LOAD * 1000;
      if (!hasRoom) idleSince = null;
      else if (idleSince === null) idleSince = now();
      else if (now() - idleSince >= raiseDelay) {
        raisedAt = now();
        change(-1);
        return true;
      }
      return false;
    },
  };
}
