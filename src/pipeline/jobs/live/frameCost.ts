/** Pictures looked back at. */
const LAST = 20;
/** Of fewer than this, the slowest counts: which of them was out of the ordinary nobody knows yet. */
const FEW = 5;
/** Pictures dropped in a row after which one of the last times is doubted. */
const PATIENCE = 3;

/** What the next picture will cost, by what the last ones did. Milliseconds; 0 before the first. */
export interface LatencyEstimate {
  /** Half of them took less. */
  readonly usual: number;
  /** All but one took no longer: as much time as a picture must have that is to be ready in time. */
  readonly most: number;
  add(ms: number): void;
  /** A picture was dropped because of it. After some in a row the oldest is forgotten: a bad moment must not keep pictures out for ever. */
  decay(): void;
  /** What was is no measure any more: another model, other steps. */
  reset(): void;
}

export function latencyEstimate(): LatencyEstimate {
  let times: number[] = [];
  let doubts = 0;
  const sorted = (): number[] => times.toSorted((a, b) => a - b);
  return {
    get usual() {
      return sorted()[Math.floor(times.length / 2)] ?? 0;
    },
    get most() {
      return sorted()[times.length - (times.length < FEW ? 1 : 2)] ?? 0;
    },
    add(ms) {
      doubts = 0;
      times = [...times.slice(1 - LAST), ms];
    },
    decay() {
      if (++doubts % PATIENCE === 0) times = times.slice(1);
    },
    reset() {
      times = [];
    },
  };
}

/**
 * Whether a picture of this age is dropped before it costs anything: one in twenty of those that are begun may be late. Where even
 * fresh pictures can be late now and then, the usual time must do; and where none can be in time, any picture is
 * better than none.
 */
export function isTooLate(
  age: number,
  { most, usual }: Pick<LatencyEstimate, 'most' | 'usual'>,
  budgetMs: number,
): boolean {
  const expected = [most, usual].find((ms) => ms <= budgetMs) ?? 0;
  return expected > 0 && age + expected > budgetMs;
}
