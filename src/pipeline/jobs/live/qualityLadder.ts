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
/** Side of the frames of a level ÷ that of the level before: half the pixels. */
const SMALLER = Math.SQRT1_2;
/** Frames are not made smaller than this many lines. */
const MIN_LINES = 90;

/** One quality level. */
export interface QualityStep {
  /** Uses the fallback model instead of the job's model. */
  readonly isFallback: boolean;
  /** Sampling steps of the job's model; the fallback model has its own number. */
  readonly steps: number;
  /** Side of the frames that the model gets ÷ that of the camera, as far as they have lines enough: see `sizeAt`. */
  readonly size: number;
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
  /** Of the models: a frame that was made smaller is enlarged to the size of the camera, at least. */
  readonly scale: number;
  /** When only the region of the frame goes through the model: never, only under overload, or always. */
  readonly region: 'never' | 'slow' | 'always';
  /** Frames may be skipped evenly. */
  readonly skipFramesEvenly: boolean;
}

/** The side of the frames that the model gets at a level ÷ that of the camera, whose frames have `lines`. */
export const sizeAt = ({ size }: QualityStep, lines: number): number => Math.max(size, Math.min(1, MIN_LINES / lines));

/**
 * The levels, best first: fewer steps, then the fallback model, then smaller frames, then only the region, then fewer
 * frames.
 */
export function qualitySteps({
  steps,
  isAdaptive,
  hasFallback,
  scale,
  region,
  skipFramesEvenly,
}: LadderOptions): readonly QualityStep[] {
  const all: QualityStep = { isFallback: false, steps, size: 1, isRegionOnly: region === 'always', frameStep: 1 };
  if (!isAdaptive) return [all];
  const ladder = halved(steps).map((count): QualityStep => ({ ...all, steps: count }));
  const add = (change: Partial<QualityStep>): void => void ladder.push({ ...ladder.at(-1)!, ...change });
  if (hasFallback) add({ isFallback: true });
  for (let size = SMALLER; size * scale > 1 - 1e-9; size *= SMALLER) add({ size });
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
  /** Of the camera's frames. */
  readonly lines: number;
}

/**
 * Moves along `ladder`: down while the machine is overloaded, up when there is time to spare, without oscillating. Starts
 * with the smallest frames, which any machine shows soon, and goes from there to the best level that should fit.
 */
export function qualityLadder(
  ladder: readonly QualityStep[],
  budgetMs: number,
  now: () => number = () => performance.now(),
) {
  let level = Math.max(0, ladder.findLastIndex(isWholeFrame));
  /** It has never been too slow at a level with worse ones, nor gone to the best size. */
  let isFirst = level > 0;
  let levelSince = now();
  let idleSince: number | null = null;
  let raiseDelay: number = RAISE_DELAY[0];
  let raisedAt = -Infinity;
  /** Work of the level before ÷ work of a level, measured at the change. */
  const ratios = new Map<number, number>();
  /** Work of the better level before the change. */
  let workBefore: number | null = null;
  const change = (to: number): true => {
    level = to;
    levelSince = now();
    idleSince = null;
    return true;
  };
  return {
    get level(): number {
      return level;
    },
    /** Call about once a second. Returns true if the level has changed. */
    update({ dropShare, latency, work, rate, lines }: LoadSample): boolean {
      if (now() - levelSince < MIN_DWELL) return false;
      if (workBefore !== null && work > 0) ratios.set(level, Math.max(1, workBefore / work));
      workBefore = null;
      const isTooSlow = dropShare > MAX_DROP_SHARE || latency > budgetMs;
      const worse = nextOther(ladder, level, 1, lines);
      if (isTooSlow && worse !== null) {
        isFirst = false;
        if (now() - raisedAt < 2 * RAISE_DELAY[0]) raiseDelay = Math.min(2 * raiseDelay, RAISE_DELAY[1]); // the last raise failed
        if (ladder[worse]!.frameStep === ladder[level]!.frameStep && work > 0) workBefore = work;
        return change(worse);
      }
      const fits = (to: number): boolean => {
        const parts = ladder.slice(to + 1, level + 1).map((_, i) => to + 1 + i);
        const expected = parts.reduce((ms, i) => ms * (ratios.get(i) ?? estimated(ladder, i, lines)), work);
        return expected < MAX_LOAD * budgetMs && (expected * rate) / ladder[to]!.frameStep < MAX_LOAD * 1000;
      };
      const better = nextOther(ladder, level, -1, lines);
      const hasRoom = !isTooSlow && better !== null && fits(better);
      const isAlike = (to: number): boolean => ladder[to]!.isFallback === ladder[level]!.isFallback;
      if (!hasRoom) idleSince = null;
      else if (isFirst && isAlike(better)) {
        isFirst = false;
        raisedAt = now();
        return change(ladder.findIndex((_, to) => isAlike(to) && fits(to)));
      } else if (idleSince === null) idleSince = now();
      else if (now() - idleSince >= raiseDelay) {
        raisedAt = now();
        return change(better);
      }
      return false;
    },
  };
}

const isWholeFrame = ({ size, isRegionOnly, frameStep }: QualityStep, _: number, [best]: readonly QualityStep[]) =>
  size < 1 && isRegionOnly === best!.isRegionOnly && frameStep === 1;

/** The nearest level in a direction at which frames of so many lines are not treated alike; null: there is none. */
function nextOther(ladder: readonly QualityStep[], from: number, by: 1 | -1, lines: number): number | null {
  const treatment = (step: QualityStep): string => JSON.stringify({ ...step, size: sizeAt(step, lines) });
  for (let to = from + by; ladder[to] !== undefined; to += by)
    if (treatment(ladder[to]!) !== treatment(ladder[from]!)) return to;
  return null;
}

/** Work of the level before ÷ work of level `i`: by the steps and the pixels. Another model or a region may be anything. */
function estimated(ladder: readonly QualityStep[], i: number, lines: number): number {
  const [before, step] = [ladder[i - 1]!, ladder[i]!];
  return (before.steps / step.steps) * (sizeAt(before, lines) / sizeAt(step, lines)) ** 2;
}
