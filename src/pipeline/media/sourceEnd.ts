import { createInterface } from 'node:readline';
import { endOf } from './ffmpegOutput';
import type { FfmpegBinary } from './findFfmpeg';
import type { Rational } from './frame';
import type { VideoInfo } from './probe';
import { runFfmpeg } from './runFfmpeg';
import { inputOptions } from './sourceFile';

/** The last frame as the container describes it, in ticks of the video. */
export interface LastPacket {
  readonly pts: number;
  readonly duration: number;
}

/** Seconds before the last frame where reading starts, as readers seek to a key frame before it, and behind a range. */
const MARGIN = 10;

/** How a source ends, as its container tells without decoding. */
export interface SourceEnd {
  /** The last packet of the video in display order; null when the container does not say how long it lasts. */
  readonly last: LastPacket | null;
  /** When the last packet of any stream ends, in seconds; null when none was found. */
  readonly seconds: number | null;
  /** By stream: when its last packet ends, in seconds. */
  readonly ends: ReadonlyMap<number, number>;
}

/**
 * `lastPts`: time of the last decoded frame, in ticks; null: the clock jumps, so all of the source is read. `until`: seconds
 * of the video behind which nothing matters; null: its end.
 */
export async function sourceEnd(
  binary: FfmpegBinary,
  { source, stream, timeBase }: VideoInfo,
  lastPts: number | null,
  signal: AbortSignal,
  until: number | null = null,
): Promise<SourceEnd> {
  const from = lastPts === null ? 0 : (lastPts * timeBase.num) / timeBase.den - MARGIN;
  const args = [
    ...['-loglevel', 'error', ...(lastPts === null ? [] : ['-copyts', '-start_at_zero'])],
    ...(from > 0 ? ['-ss', from.toFixed(6)] : []),
    ...inputOptions(source),
    ...['-map', '0', '-copy_unknown', '-c', 'copy', '-f', 'framecrc', 'pipe:1'],
  ];
  await using reader = runFfmpeg(binary, args, signal);
  const packets = collector(stream);
  for await (const line of createInterface({ input: reader.stdout, signal })) {
    packets.add(line);
    if (until !== null && packets.last() > until + MARGIN) return packets.result();
  }
  await endOf(reader, signal); // what could be read counts
  return packets.result();
}

/** Takes the lines of a list of packets. `stream`: the video. */
function collector(stream: number) {
  const clocks = new Map<number, Rational>();
  const times: number[] = []; // of the video, in ticks
  let last: LastPacket = NO_PACKET;
  const ends = new Map<number, number>(); // by stream, in seconds
  const secondsOf = (ticks: number, { num, den }: Rational): number => (ticks * num) / den;
  return {
    add(line: string): void {
      const clock = /^#tb (\d+): (\d+)\/(\d+)/.exec(line);
      if (clock) clocks.set(Number(clock[1]), { num: Number(clock[2]), den: Number(clock[3]) });
      const found = /^(\d+), *\S+, *(-?\d+), *(\d+),/.exec(line);
      if (!found) return;
      const [index, pts, duration] = [Number(found[1]), Number(found[2]), Number(found[3])];
      if (!Number.isSafeInteger(pts)) return; // −2⁶³: the container says no time
      ends.set(index, Math.max(ends.get(index) ?? -Infinity, secondsOf(pts + duration, clocks.get(index)!)));
      if (index !== stream) return;
      times.push(pts);
      if (pts >= last.pts) last = { pts, duration };
    },
    /** Of the video, in seconds. */
    last: (): number => (last === NO_PACKET ? -Infinity : secondsOf(last.pts, clocks.get(stream)!)),
    result: (): SourceEnd => ({
      last: last.duration > 0 && !isGuess(times, last) ? last : null,
      seconds: ends.size > 0 ? Math.max(...ends.values()) : null,
      ends,
    }),
  };
}

const NO_PACKET: LastPacket = { pts: -Infinity, duration: 0 };

/** ffmpeg 5 to 8 report one tick for frames of MP4 and MOV that are reordered, if a tick is longer than a millisecond. */
function isGuess(pts: readonly number[], { duration }: LastPacket): boolean {
  if (duration !== 1 || pts.length < 2) return false;
  const times = pts.toSorted((a, b) => a - b);
  return times.every((time, i) => i === 0 || time - times[i - 1]! > 1);
}
