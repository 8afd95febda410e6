/** The clock of a source goes on elsewhere: recordings were joined, or the clock of a broadcast was set. */
export interface ClockJump {
  /** Seconds of the source before it, as played. */
  readonly at: number;
  /** Seconds by which the clock was set forward; below 0: back. */
  readonly by: number;
}

/** Seconds by which ffmpeg takes a clock for set back or forward. */
const BACK = 0.1;
const FORWARD = 10;
/** After so many seconds a clock of 33 bits begins again at 0. */
const WRAP = 2 ** 33 / 90_000;

/** Takes the times of a clock, in seconds. */
export function jumpDetector() {
  const found: ClockJump[] = [];
  let last: number | null = null;
  let played = 0;
  return {
    found,
    /** Seconds of the source so far, as played. */
    played: (): number => played,
    add(time: number): void {
      const by = last === null ? 0 : time - last;
      last = time;
      const step = by < -WRAP / 2 ? by + WRAP : by;
      if (step >= -BACK && step <= FORWARD) played += step;
      else found.push({ at: played, by: step });
    },
  };
}
