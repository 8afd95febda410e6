import { parseListing } from './describe/listing';
import type { FfmpegBinary } from './findFfmpeg';
import type { VideoInfo } from './probe';
import { runFfmpegForText } from './runFfmpeg';
import { inputOptions } from './sourceFile';

/** The last frame as the container describes it, in ticks of the video. */
export interface LastPacket {
  readonly pts: number;
  readonly duration: number;
}

/** Seconds before the last frame where reading starts: readers seek to a key frame before it. */
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

/** `lastPts`: time of the last decoded frame, in ticks; null: the clock jumps, so all of the source is read. */
export async function sourceEnd(
  binary: FfmpegBinary,
  { source, stream, timeBase }: VideoInfo,
  lastPts: number | null,
  signal: AbortSignal,
): Promise<SourceEnd> {
  const from = lastPts === null ? 0 : (lastPts * timeBase.num) / timeBase.den - MARGIN;
  const { stdout } = await runFfmpegForText(
    binary,
    [
      ...['-v', 'error', ...(lastPts === null ? [] : ['-copyts', '-start_at_zero'])],
      ...(from > 0 ? ['-ss', from.toFixed(6)] : []),
      ...inputOptions(source),
      ...['-map', '0', '-copy_unknown', '-c', 'copy', '-f', 'framecrc', 'pipe:1'],
    ],
    signal,
  );
  const clocks = parseListing(stdout).map((each) => each.timeBase);
  const packets = [...stdout.matchAll(/^(\d+), *\S+, *(-?\d+), *(\d+),/gm)]
    .map(([, index, pts, duration]) => ({ stream: Number(index), pts: Number(pts), duration: Number(duration) }))
    .filter(({ pts }) => Number.isSafeInteger(pts)); // -2⁶³: the container says no time
  const ends = new Map<number, number>();
  for (const packet of packets) {
    const { num, den } = clocks[packet.stream]!;
    const end = ((packet.pts + packet.duration) * num) / den;
    ends.set(packet.stream, Math.max(end, ends.get(packet.stream) ?? -Infinity));
  }
  const frames = packets.filter((packet) => packet.stream === stream);
  const last = frames.reduce<LastPacket>((most, packet) => (packet.pts >= most.pts ? packet : most), NO_PACKET);
  return {
    last: last.duration > 0 && !isGuess(frames, last) ? { pts: last.pts, duration: last.duration } : null,
    seconds: ends.size > 0 ? Math.max(...ends.values()) : null,
    ends,
  };
}

const NO_PACKET: LastPacket = { pts: -Infinity, duration: 0 };

/** ffmpeg 5 to 8 report one tick for frames of MP4 and MOV that are reordered, if a tick is longer than a millisecond. */
function isGuess(packets: readonly LastPacket[], { duration }: LastPacket): boolean {
  const times = packets.map(({ pts }) => pts).toSorted((a, b) => a - b);
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  return duration === 1 && steps.length > 0 && Math.min(...steps) > 1;
}
