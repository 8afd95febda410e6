import { createInterface } from 'node:readline';
import type { FfmpegBinary } from '../findFfmpeg';
import { runFfmpeg } from '../runFfmpeg';

/** The packets of one stream. */
export interface PacketSpan {
  readonly count: number;
  /** Seconds from the first packet to the end of the last. */
  readonly seconds: number;
}

/** Reads the packets of a file without decoding them, by stream. `indices`: the streams to read; all by default. */
export async function packetSpans(
  binary: FfmpegBinary,
  input: readonly string[],
  signal: AbortSignal,
  indices: readonly number[] | null = null,
): Promise<ReadonlyMap<number, PacketSpan>> {
  const maps = indices ? indices.flatMap((index) => ['-map', `0:${index}`]) : ['-map', '0'];
  const list = [...maps, '-copy_unknown', '-c', 'copy', '-f', 'framecrc', 'pipe:1'];
  await using reader = runFfmpeg(binary, [...input, ...list], signal);
  const clocks = new Map<number, number>();
  const read = new Map<number, { count: number; from: number; to: number }>();
  // With the signal: a killed ffmpeg closes its output without an end, for which the lines would wait.
  for await (const line of createInterface({ input: reader.stdout, signal })) {
    const clock = /^#tb (\d+): (\d+)\/(\d+)/.exec(line);
    if (clock) clocks.set(Number(clock[1]), Number(clock[2]) / Number(clock[3]));
    const packet = /^(\d+), *(-?\d+), *\S+, *(\d+),/.exec(line);
    if (!packet) continue;
    const [index, dts, duration] = [Number(packet[1]), Number(packet[2]), Number(packet[3])];
    const span = read.get(index) ?? { count: 0, from: dts, to: dts };
    read.set(index, { count: span.count + 1, from: Math.min(span.from, dts), to: Math.max(span.to, dts + duration) });
  }
  await reader.ended;
  return new Map(
    [...read].map(([position, { count, from, to }]) => [
      indices ? indices[position]! : position,
      { count, seconds: (to - from) * clocks.get(position)! },
    ]),
  );
}
