/** Milliseconds at one level before it is judged: shorter would follow every hiccup. */
const TRIAL = 4000;
/** Milliseconds of ease before more is tried; doubled every time that proves too much, up to the second. */
const EASE = [10_000, 300_000] as const;
/** More than this share of pictures dropped is too slow. */
const TOO_MANY = 0.2;
/** A higher level must be expected to use at most this share of the time there is: what lies between is hysteresis. */
const ROOM = 0.65;

/** How it went since the last look. */
export interface Look {
  /** 0…1 of the pictures that came. */
  readonly dropShare: number;
  /** Milliseconds, of 95 % of the pictures. */
  readonly latency: number;
  /** Milliseconds of work on one picture. */
  readonly work: number;
  /** Pictures that come per second. */
  readonly rate: number;
}

/** Steps to choose from, best first: those asked for, then half as many each, down to 1. */
export function ladder(steps: number): readonly number[] {
  return steps <= 1 ? [1] : [steps, ...ladder(Math.floor(steps / 2))];
}

/** Chooses among `steps`: fewer while the machine does not keep up, more again when there is room; never to and fro. */
export function effort(steps: readonly number[], budgetMs: number, now: () => number = () => performance.now()) {
  let level = 0;
  let since = now();
  let easy: number | null = null;
  let ease: number = EASE[0];
  let raised = -Infinity;
  const change = (by: number): void => {
    level += by;
    since = now();
    easy = null;
  };
  return {
    get level(): number {
      return level;
    },
    /** Judges how it goes; call it about once a second. */
    look({ dropShare, latency, work, rate }: Look): void {
      if (now() - since < TRIAL) return;
      const isTooSlow = dropShare > TOO_MANY || latency > budgetMs;
      if (isTooSlow && level + 1 < steps.length) {
        if (now() - raised < 2 * EASE[0]) ease = Math.min(2 * ease, EASE[1]); // it was raised in vain
        return change(1);
      }
      const better = steps[level - 1];
      const expected = better === undefined ? Infinity : (work * better) / steps[level]!;
      const hasRoom = !isTooSlow && expected < ROOM * budgetMs && expected * rate < ROOM * 1000;
      if (!hasRoom) easy = null;
      else if (easy === null) easy = now();
      else if (now() - easy >= ease) {
        raised = now();
        change(-1);
      }
    },
  };
}
