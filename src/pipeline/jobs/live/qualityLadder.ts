/** Milliseconds at one level before it is judged: shorter would follow frameStep hiccup. */
const TRIAL = 4000;
/** Milliseconds of ease before more is tried; doubled frameStep time that proves too much, up to the second. */
const EASE = [10_000, 300_000] as const;
/** More than this share of pictures dropped is too slow. */
const TOO_MANY = 0.2;
/** A higher level must be expected to use at most this share of the time there is: what lies between is hysteresis. */
const ROOM = 0.65;
/** When nothing else is left to save: only frameStep so many pictures. */
const FRAME_STEPS = [2, 4, 8];

/** One way of doing it. */
export interface QualityStep {
  /** Of the lighter model instead of the job's own. */
  readonly isFallback: boolean;
  /** Of the job's own model; the lighter one has its own number. */
  readonly steps: number;
  /** Only the region goes through the model. */
  readonly isRegionOnly: boolean;
  /** Of so many pictures, one. */
  readonly frameStep: number;
}

/** What a user allows. */
export interface LadderOptions {
  /** Steps that are asked for. */
  readonly steps: number;
  /** Less may be done than asked for; if not, there is one step. */
  readonly isAdaptive: boolean;
  /** There is a lighter model. */
  readonly hasFallback: boolean;
  /** Of the picture: never only a part, only when it is too slow, always. */
  readonly region: 'never' | 'slow' | 'always';
  /** Pictures may be left out evenly. */
  readonly skipFramesEvenly: boolean;
}

/** How it can be done, best first: fewer steps, then the lighter model, then a part of the picture, then fewer pictures. */
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

/** Those asked for, then half as many each, down to 1. */
const halved = (steps: number): readonly number[] => (steps <= 1 ? [1] : [steps, ...halved(Math.floor(steps / 2))]);

/** How it went since the last look. */
export interface LoadSample {
  /** 0…1 of the pictures that were wanted. */
  readonly dropShare: number;
  /** Milliseconds, of 95 % of the pictures. */
  readonly latency: number;
  /** Milliseconds of work on one picture. */
  readonly work: number;
  /** Pictures that come per second. */
  readonly rate: number;
}

/** Chooses among `ladder`: cheaper ones while the machine does not keep up, better ones when there is room; never to and fro. */
export function qualityLadder(
  ladder: readonly QualityStep[],
  budgetMs: number,
  now: () => number = () => performance.now(),
) {
  let level = 0;
  let since = now();
  let easy: number | null = null;
  let ease: number = EASE[0];
  let raised = -Infinity;
  /** Work of one step ÷ work of the next, as it was when the next was taken; before that, by the steps. */
  const ratios = ladder.map((step, i) => (i === 0 ? 1 : ladder[i - 1]!.steps / step.steps));
  /** Work of the step above when it was left. */
  let left: number | null = null;
  const change = (by: number): void => {
    level += by;
    since = now();
    easy = null;
  };
  return {
    get level(): number {
      return level;
    },
    /** Judges how it goes; call it about once a second. True: something else is to be done from now on. */
    look({ dropShare, latency, work, rate }: LoadSample): boolean {
      if (now() - since < TRIAL) return false;
      if (left !== null && work > 0) ratios[level] = Math.max(1, left / work);
      left = null;
      const isTooSlow = dropShare > TOO_MANY || latency > budgetMs;
      if (isTooSlow && level + 1 < ladder.length) {
        if (now() - raised < 2 * EASE[0]) ease = Math.min(2 * ease, EASE[1]); // it was raised in vain
        if (ladder[level + 1]!.frameStep === ladder[level]!.frameStep && work > 0) left = work;
        change(1);
        return true;
      }
      const better = ladder[level - 1];
      const expected = better ? work * ratios[level]! : Infinity;
      const hasRoom =
        !isTooSlow && better && expected < ROOM * budgetMs && (expected * rate) / better.frameStep < ROOM * 1000;
      if (!hasRoom) easy = null;
      else if (easy === null) easy = now();
      else if (now() - easy >= ease) {
        raised = now();
        change(-1);
        return true;
      }
      return false;
    },
  };
}
