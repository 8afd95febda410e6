import type { Decoded } from '../decode';
import type { Rational } from '../frame';
import type { SourcePackets } from './sourcePackets';

/** Frames that are missing between two others, by the time that they would have covered. */
export interface Gap {
  /** Seconds of the frames before and behind it. */
  readonly from: number;
  readonly to: number;
  /** Frames at the local frame rate; from 1. */
  readonly frames: number;
  /** Seconds without a frame. */
  readonly seconds: number;
  /** Times of packets within, in ticks. */
  readonly packets: readonly number[];
  /** Name of an image that has no packet. Absent for all other gaps. */
  readonly image?: string;
}

/** What was read of a video. */
export interface ReadVideo {
  readonly timeBase: Rational;
  readonly decoded: Decoded;
  readonly packets: SourcePackets;
  /** Seconds at which bytes of the source are no packets. */
  readonly lost: readonly number[];
  /** Whether every packet should be a frame: of progressive video in a file with an index. */
  readonly isCounted: boolean;
  /** The range that is restored, in ticks; `end` is not in it. */
  readonly start: number;
  readonly end: number;
}

/** A gap is longer than this many of the steps around it: two fields in packets of their own are none. */
const LONG = 2.5;
/** Steps on each side of a step that tell how long it should be. */
const AROUND = 4;
/** Share of packets without a frame from which that is of the nature of the video: hidden frames, or fields. */
const HIDDEN = 0.1;
/** Seconds around a complaint in which frames may be missing, and steps that tell the nature of a video. */
const APART = 0.5;
const FEWEST = 8;

/** The time between two frames, in ticks. */
interface Step {
  readonly from: number;
  readonly to: number;
  /** Of the steps around it. */
  readonly usual: number;
  /** Times of the packets within. */
  readonly packets: readonly number[];
}

/**
 * Where frames are missing. A long step between frames is no loss if the container has no packet in it and nothing speaks of
 * damage: screen recordings and animations have such pauses.
 */
export function findGaps(read: ReadVideo): readonly Gap[] {
  const steps = stepsOf(read);
  const isCounted = read.isCounted && !isHiding(read, steps);
  return steps.flatMap((step) => {
    const isGap = isLong(step) && (step.packets.length > 0 || isDamaged(read, step));
    const byTime = isGap ? Math.round((step.to - step.from) / step.usual) - 1 : 0;
    const frames = Math.max(byTime, isCounted ? step.packets.length : 0);
    const seconds = (ticks: number): number => (ticks * read.timeBase.num) / read.timeBase.den;
    if (frames === 0) return [];
    return [
      {
        from: seconds(step.from),
        to: seconds(step.to),
        frames,
        seconds: frames * seconds(step.usual),
        packets: step.packets,
      },
    ];
  });
}

/** Whether packets without a frame are of the nature of the video: seen where the decoder does not complain. */
function isHiding({ decoded, timeBase }: ReadVideo, steps: readonly Step[]): boolean {
  const seconds = (ticks: number): number => (ticks * timeBase.num) / timeBase.den;
  const short = steps.filter((step) => !isLong(step));
  const isApart = ({ from, to }: Step): boolean =>
    !decoded.complaints.heard.some((one) => isBetween(one.seconds, seconds(from) - APART, seconds(to) + APART));
  const apart = short.filter(isApart);
  const judged = apart.length >= FEWEST ? apart : short;
  return judged.reduce((sum, { packets }) => sum + packets.length, 0) > HIDDEN * judged.length;
}

const isLong = ({ from, to, usual }: Step): boolean => to - from > LONG * usual;

function stepsOf({ decoded, packets, start, end }: ReadVideo): Step[] {
  // What comes before the first key frame of a video that begins without one is `joinedStart`.
  const first = Math.max(start, (packets.isJoined ? packets.firstKey : null) ?? -Infinity);
  const inRange = (time: number): boolean => time >= first && time < end;
  const frames = decoded.times.filter(inRange);
  const shown = packets.shown.filter(inRange);
  if (frames.length === 0) return [];
  const ends = withEnds(frames, shown, packets);
  const lengths = ends.slice(1).map((time, i) => time - ends[i]!);
  // Of a damaged file that has so few frames left, most steps may be gaps: only the shortest one tells how long they were.
  const isRemnant = lengths.length < FEWEST && decoded.complaints.heard.some(({ isOfBytes }) => isOfBytes);
  const shortest = isRemnant ? Math.min(...lengths.filter((length) => length > 0)) : Infinity;
  let at = 0;
  return lengths.map((_, i) => {
    const [from, to] = [ends[i]!, ends[i + 1]!];
    const around = [...lengths.slice(Math.max(0, i - AROUND), i), ...lengths.slice(i + 1, i + 1 + AROUND)];
    const usual = Math.min(median(around) ?? to - from, shortest);
    const margin = marginOf(usual);
    const within: number[] = [];
    for (; at < shown.length && shown[at]! < to - margin; at++) if (shown[at]! > from + margin) within.push(shown[at]!);
    return { from, to, usual, packets: within };
  });
}

/** Ticks by which a frame may be off its packet: equal times get the next free tick. `usual`: those of a step. */
const marginOf = (usual: number): number => (usual > 2 ? 1 : 0);

/** The frames, and a step before the first and behind the last packet where these have no frame. */
function withEnds(frames: readonly number[], shown: readonly number[], packets: SourcePackets): readonly number[] {
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const step = median(frames.slice(1, 2 * AROUND).map((time, i) => time - frames[i]!)) ?? 1;
  const margin = marginOf(step);
  // Frames before the first key frame, or that need one before it, cannot be decoded.
  const isFromKey = (time: number): boolean => packets.firstKey !== null && time >= packets.firstKey;
  const before = packets.isCutIn ? undefined : shown.find((time) => isFromKey(time) && time < first - margin);
  const behind = shown.at(-1)! > last + margin ? shown.at(-1)! : undefined;
  return [
    ...(before === undefined ? [] : [before - step]),
    ...frames,
    ...(behind === undefined ? [] : [behind + step]),
  ];
}

export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Seconds between a gap and a complaint about it. */
const NEARBY = 2;
/** Seconds that ffmpeg reads at most before the first frame. */
const AHEAD = 10;

/** Whether a step without packets is damage, and not a pause. */
function isDamaged({ timeBase, decoded, packets, lost }: ReadVideo, step: Step): boolean {
  const seconds = (ticks: number): number => (ticks * timeBase.num) / timeBase.den;
  const [from, to] = [seconds(step.from), seconds(step.to)];
  /** Of a complaint before the first frame. Where a video begins between key frames, one of its decoder is no damage. */
  const reach = (isOfBytes: boolean): number => (isOfBytes ? AHEAD : packets.isCutIn ? 0 : NEARBY);
  return (
    packets.damaged.some((time) => time >= step.from && time <= step.to) ||
    lost.some((time) => isBetween(time, from - NEARBY, to + NEARBY)) ||
    decoded.complaints.heard.some(({ seconds: time, isOfBytes }) =>
      time === null ? from < reach(isOfBytes) : isBetween(time, from - NEARBY, to + NEARBY),
    ) ||
    isSilent(packets.sound, from, to)
  );
}

const isBetween = (time: number | null, from: number, to: number): boolean => time !== null && time > from && time < to;

/** Whether the sound, too, has nothing for most of the time, and goes on behind it. */
function isSilent(sound: readonly number[], from: number, to: number): boolean {
  const next = sound.findIndex(
    (time, i) => i > 0 && Math.min(time, to) - Math.max(sound[i - 1]!, from) > (to - from) / 2,
  );
  return next > 0;
}
