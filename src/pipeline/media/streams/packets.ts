import { createInterface } from 'node:readline';
import type { FfmpegBinary } from '../findFfmpeg';
import { runFfmpeg } from '../runFfmpeg';

/** Counts the packets of each stream of a file, by index, without decoding. */
export async function packetCounts(
  binary: FfmpegBinary,
  input: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const list = ['-map', '0', '-copy_unknown', '-c', 'copy', '-f', 'framecrc', 'pipe:1'];
  await using reader = runFfmpeg(binary, [...input, ...list], signal);
  const counts = new Map<number, number>();
  // With the signal: a killed ffmpeg closes its output without an end, for which the lines would wait.
  for await (const line of createInterface({ input: reader.stdout, signal })) {
    const index = /^(\d+), /.exec(line)?.[1];
    if (index !== undefined) counts.set(Number(index), (counts.get(Number(index)) ?? 0) + 1);
  }
  await reader.ended;
  return counts;
}
