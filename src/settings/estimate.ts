/** What another model takes for the same frames, by the time of one tile. */
export interface ModelTime {
  /** `x4`, or `x4 · 1` where the steps are not the model's own. */
  readonly name: string;
  readonly secondsPerFrame: number;
  /** Null when the length of the source is unknown. */
  readonly seconds: number | null;
}

/** The time of a job, before it is spent. */
export interface JobEstimate {
  /** Frames that are left to restore; null when the length of the source is unknown. */
  readonly frames: number | null;
  /** Frames that were restored and encoded to measure it. */
  readonly measuredOn: number;
  readonly secondsPerFrame: number;
  /** Null when the length of the source is unknown. */
  readonly seconds: number | null;
  /** Whether areas that do not change are skipped: the estimate is then for a source in which all of them do. */
  readonly skipsUnchanged: boolean;
  readonly others: readonly ModelTime[];
  /** Models that cannot be timed, and why. */
  readonly untimed: readonly { readonly name: string; readonly reason: string }[];
}

/** A job that takes longer says so, in seconds. */
export const LONG_JOB = 600;

/** Another model is called faster if it takes at most this part of the time: measurements differ. */
const FASTER = 0.8;

/** The estimate as one line. `duration`: how times are written. */
export function estimateWords(estimate: JobEstimate, duration: (seconds: number) => string): string {
  const { frames, measuredOn, secondsPerFrame, seconds, skipsUnchanged, others, untimed } = estimate;
  const fastest = others.toSorted((a, b) => a.secondsPerFrame - b.secondsPerFrame)[0];
  const each = `${frameSeconds(secondsPerFrame)}, measured on ${measuredOn}`;
  const whole = `${frames ?? 'an unknown number of'} ${frames === 1 ? 'frame' : 'frames'} of ${each}`;
  return [
    seconds === null ? whole : `about ${duration(seconds)}: ${whole}`,
    ...(skipsUnchanged ? ['less where areas do not change'] : []),
    ...(fastest && fastest.secondsPerFrame <= FASTER * secondsPerFrame
      ? [`${fastest.name} would take ${duration(fastest.seconds ?? fastest.secondsPerFrame)}`]
      : []),
    ...untimed.map(({ name, reason }) => `${name} cannot be timed: ${reason}`),
  ].join('; ');
}

/** Two or three digits: `0.038 s`, `7.3 s`, `41 s`. */
export const frameSeconds = (seconds: number): string =>
  `${seconds < 10 ? Number(seconds.toPrecision(2)) : Math.round(seconds)} s`;
