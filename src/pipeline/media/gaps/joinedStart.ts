import { median, type ReadVideo } from './findGaps';

/** A part that is decoded from between two key frames on: up to the next one, frames need others that are not there. */
export interface JoinedStart {
  /** Frames that were decoded all the same: grey, smeared or torn. */
  readonly torn: number;
  /** Frames that the decoder left out. */
  readonly left: number;
  /** Seconds up to the key frame. */
  readonly seconds: number;
}

/** Steps between frames that tell how long one is. */
const STEPS = 9;

/** More packets than this for a frame are fields. */
const FIELDS = 1.5;

/** Null: it begins with a key frame, or has none at all, as a stream that refreshes its frames bit by bit. */
export function joinedStart({ timeBase, decoded, packets, start, end }: ReadVideo): JoinedStart | null {
  const { firstKey } = packets;
  if (!packets.isJoined || firstKey === null) return null;
  const torn = decoded.times.filter((time) => time >= start && time < Math.min(end, firstKey));
  const before = packets.early.filter((time) => time >= start && time < end);
  const first = Math.min(torn[0] ?? Infinity, before[0] ?? Infinity);
  if (first === Infinity) return null;
  const ticks = firstKey - first;
  const { times } = decoded;
  const step = median(times.slice(1, STEPS + 1).map((time, i) => time - times[i]!)) ?? ticks;
  const byTime = Math.round(ticks / step);
  const frames = Math.max(torn.length, before.length > FIELDS * byTime ? byTime : before.length);
  return { torn: torn.length, left: frames - torn.length, seconds: (ticks * timeBase.num) / timeBase.den };
}
