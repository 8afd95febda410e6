import type { SourceSummary } from '../engine/protocol';
import type { TryJob } from '../settings/tryJob';

/** A part of a video, in its seconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the parts are in the video, as shares of its length: not at its ends, where titles and black are. */
const PLACES = [1 / 6, 1 / 2, 5 / 6];

/** The parts to try: three, or one where the video is too short for them or its length is unknown. */
export function placesIn(
  { duration }: Pick<SourceSummary, 'duration'>,
  { trim, seconds }: Pick<TryJob, 'trim' | 'seconds'>,
): readonly Span[] {
  const start = trim?.start ?? 0;
  const end = Math.min(trim?.end ?? Infinity, duration ?? Infinity);
  const length = end - start;
  if (!Number.isFinite(length)) return [{ start, end: start + seconds }];
  if (length < PLACES.length * seconds) return [{ start, end: Math.min(end, start + seconds) }];
  return PLACES.map((place) => {
    const from = start + place * length - seconds / 2;
    return { start: from, end: from + seconds };
  });
}
