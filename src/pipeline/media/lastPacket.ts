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

/**
 * Reads the last packet of the video, in display order, without decoding. `lastPts`: time of the last decoded frame.
 * Null when the container does not say how long it lasts.
 */
export async function lastPacket(
  binary: FfmpegBinary,
  { source, stream, timeBase }: VideoInfo,
  lastPts: number,
  signal: AbortSignal,
): Promise<LastPacket | null> {
  const from = (lastPts * timeBase.num) / timeBase.den - MARGIN;
  const { stdout } = await runFfmpegForText(
    binary,
    [
      ...['-v', 'error', '-copyts', '-start_at_zero'],
      ...(from > 0 ? ['-ss', from.toFixed(6)] : []),
      ...inputOptions(source),
      ...['-map', `0:${stream}`, '-c', 'copy', '-f', 'framecrc', 'pipe:1'],
    ],
    signal,
  );
  const packets = [...stdout.matchAll(/^0, *\S+, *(-?\d+), *(\d+),/gm)]
    .map(([, pts, duration]) => ({ pts: Number(pts), duration: Number(duration) }))
    .filter(({ pts }) => Number.isSafeInteger(pts)); // -2⁶³: the container says no time
  const last = packets.reduce((most, packet) => (packet.pts >= most.pts ? packet : most), NO_PACKET);
  return last.duration > 0 && !isGuess(packets, last) ? last : null;
}

const NO_PACKET: LastPacket = { pts: -Infinity, duration: 0 };

/** ffmpeg 5 to 8 report one tick for frames of MP4 and MOV that are reordered, if a tick is longer than a millisecond. */
function isGuess(packets: readonly LastPacket[], { duration }: LastPacket): boolean {
  const times = packets.map(({ pts }) => pts).toSorted((a, b) => a - b);
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  return duration === 1 && steps.length > 0 && Math.min(...steps) > 1;
}
