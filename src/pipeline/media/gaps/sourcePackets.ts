import { createInterface } from 'node:readline';
import { clockFrom } from '../clockOfInput';
import type { FfmpegBinary } from '../findFfmpeg';
import type { Rational } from '../frame';
import type { VideoInfo } from '../probe';
import { runFfmpeg } from '../runFfmpeg';
import { inputOptions } from '../sourceFile';

/** What a container says of its video without decoding it. Times are those that `openVideo` gives the frames. */
export interface SourcePackets {
  /** Times of the packets that are shown, in ticks of the video, increasing. */
  readonly shown: readonly number[];
  /** Times of those that the reader of the container takes for damaged, in ticks, increasing. */
  readonly damaged: readonly number[];
  /** Number of damaged packets, also of those without a time. */
  readonly damagedCount: number;
  /** Of the first key frame, in ticks; null without. */
  readonly firstKey: number | null;
  /** Whether the video begins with frames that need earlier ones, which the file does not have, or does not show. */
  readonly isCutIn: boolean;
  /** Whether its first packet is no key frame: it does not have them. */
  readonly isJoined: boolean;
  /**
   * Times of the packets before the first key frame, and of those that are shown before it. A packet without one has the time
   * at which it is decoded.
   */
  readonly early: readonly number[];
  /** Times of the packets of the sound, in seconds, increasing; empty without. */
  readonly sound: readonly number[];
}

/** The part that is read: from and to these seconds, with the sound of this stream, if any. */
export interface PacketRange {
  readonly from: number;
  readonly to: number | null;
  readonly sound: number | null;
  /** The clock of the file jumps: its times are then those that ffmpeg makes of them. */
  readonly hasJumps: boolean;
}

/** Reads all packets of a video. */
export async function sourcePackets(
  binary: FfmpegBinary,
  info: VideoInfo,
  { from, to, sound, hasJumps }: PacketRange,
  signal: AbortSignal,
): Promise<SourcePackets> {
  const streams = [info.stream, ...(sound === null ? [] : [sound])];
  const args = [
    ...['-loglevel', 'error'],
    ...(from > 0 ? clockFrom(from) : hasJumps ? [] : ['-copyts', '-start_at_zero']),
    ...(to === null ? [] : ['-t', (to - from).toFixed(6)]),
    ...inputOptions(info.source),
    ...[...streams.flatMap((index) => ['-map', `0:${index}`]), '-c', 'copy', '-copyinkf', '-f', 'framecrc', 'pipe:1'],
  ];
  await using reader = runFfmpeg(binary, args, signal);
  const packets = collector();
  // With the signal: a killed ffmpeg closes its output without an end, for which the lines would wait.
  for await (const line of createInterface({ input: reader.stdout, signal })) packets.add(line);
  await reader.ended.catch(() => signal.throwIfAborted()); // of a damaged file, what could be read counts
  return packets.result();
}

/** Flags of a packet, as ffmpeg lists them. */
const KEY = 1;
const DAMAGED = 2;
const DISCARDED = 4;

/** Takes the lines of a list of packets. */
function collector() {
  const [shown, damaged, sound]: [number[], number[], number[]] = [[], [], []];
  let clock: Rational = { num: 1, den: 1000 }; // of the sound
  let damagedCount = 0;
  let firstKey: number | null = null;
  let first: number | null = null; // its flags
  const early: number[] = [];
  const addVideo = (dts: number, pts: number, flags: number): void => {
    if (flags & DAMAGED) damagedCount++;
    first ??= flags;
    const time = Number.isSafeInteger(pts) ? pts : dts; // −2⁶³: the container says no time
    if (flags & KEY) firstKey ??= time;
    if (time < (firstKey ?? Infinity) && !(flags & DISCARDED)) early.push(time);
    if (!Number.isSafeInteger(pts)) return;
    if (flags & DAMAGED) damaged.push(pts);
    if (!(flags & DISCARDED)) shown.push(pts);
  };
  const ordered = (times: number[]): number[] => times.sort((a, b) => a - b);
  return {
    add(line: string): void {
      const base = /^#tb 1: (\d+)\/(\d+)/.exec(line);
      if (base) clock = { num: Number(base[1]), den: Number(base[2]) };
      const packet = /^([01]), *(-?\d+), *(-?\d+), *\d+, *\d+, *\w+(?:, F=0x(\w+))?/.exec(line);
      if (!packet) return;
      const [, stream, dts, pts, flags] = packet;
      if (stream === '0') addVideo(Number(dts), Number(pts), flags === undefined ? KEY : parseInt(flags, 16));
      else if (Number.isSafeInteger(Number(pts))) sound.push((Number(pts) * clock.num) / clock.den);
    },
    result: (): SourcePackets => ({
      ...{ shown: ordered(shown), damaged: ordered(damaged), early: ordered(early), sound: ordered(sound) },
      ...{ firstKey, damagedCount },
      isCutIn: ((first ?? KEY) & (KEY | DISCARDED)) !== KEY,
      isJoined: ((first ?? KEY) & KEY) === 0,
    }),
  };
}
