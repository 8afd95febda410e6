import { createInterface } from 'node:readline';
import { RemasterError } from '../../errors';
import type { FfmpegBinary } from './findFfmpeg';
import type { Rational } from './frame';
import { runFfmpeg } from './runFfmpeg';
import type { VideoTimes } from './trackClock';

/**
 * Checks that the output has all frames, each at the tick of its own clock that is nearest to its time: the same tick
 * where the clocks agree. Reads packets and decodes nothing. `isStartExact`: false for MP4 and MOV files of the 2018
 * ffmpeg, whose tracks start on a whole millisecond. Errors: ENCODE_FAILED.
 */
export async function verify(
  binary: FfmpegBinary,
  path: string,
  { pts, timeBase }: Pick<VideoTimes, 'pts' | 'timeBase'>,
  isStartExact: boolean,
  signal: AbortSignal,
): Promise<void> {
  const found = await presentationTimes(binary, path, signal);
  if (found.pts.length !== pts.length) {
    throw new RemasterError(
      'ENCODE_FAILED',
      `The output has ${found.pts.length} frames instead of ${pts.length}; it was discarded.`,
      { remedy: 'Try another codec or container, and please report this bug.' },
    );
  }
  const difference = clockDifference(found.timeBase, timeBase);
  const start = isStartExact ? 0n : difference.of(found.pts[0]!, pts[0]!);
  if (abs(start) > difference.perMillisecond) throw wrongTime(0, found.pts[0]!, found.timeBase);
  for (const [i, time] of found.pts.entries())
    if (2n * abs(difference.of(time, pts[i]!) - start) > difference.perTick) throw wrongTime(i, time, found.timeBase);
}

/** Differences between times of two clocks, in a unit that divides both ticks. */
function clockDifference(a: Rational, b: Rational) {
  const [perA, perB] = [BigInt(a.num) * BigInt(b.den), BigInt(b.num) * BigInt(a.den)];
  return {
    of: (ticksOfA: number, ticksOfB: number): bigint => BigInt(ticksOfA) * perA - BigInt(ticksOfB) * perB,
    perTick: perA,
    perMillisecond: (BigInt(a.den) * BigInt(b.den)) / 1000n,
  };
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

const wrongTime = (frame: number, time: number, { num, den }: Rational): RemasterError =>
  new RemasterError(
    'ENCODE_FAILED',
    `Frame ${frame} of the output is at the wrong time, tick ${time} of ${num}/${den} s; the output was discarded.`,
    { remedy: 'Try another codec or container, and please report this bug.' },
  );

/** Flag of a packet outside of the edit list: players do not show it. */
const DISCARDED = 4;

/** Times of all packets of the first video stream that are shown, increasing. */
async function presentationTimes(binary: FfmpegBinary, path: string, signal: AbortSignal) {
  const input = ['-protocol_whitelist', 'file,pipe', '-i', `file:${path}`];
  await using reader = runFfmpeg(
    binary,
    [...input, '-map', '0:v:0', '-c', 'copy', '-copyts', '-f', 'framecrc', 'pipe:1'],
    signal,
  );
  let timeBase: Rational = { num: 0, den: 1 };
  const pts: number[] = [];
  // Line by line: the list of a day of video exceeds the maximum length of a string.
  // With the signal: a killed ffmpeg closes its output without an end, for which the lines would wait.
  for await (const line of createInterface({ input: reader.stdout, signal })) {
    const base = /^#tb 0: (\d+)\/(\d+)/.exec(line);
    if (base) timeBase = { num: Number(base[1]), den: Number(base[2]) };
    const packet = /^0, *-?\d+, *(-?\d+),.*?(?:, F=0x(\w+))?$/.exec(line);
    if (packet && !(parseInt(packet[2] ?? '0', 16) & DISCARDED)) pts.push(Number(packet[1]));
  }
  await reader.ended;
  return { timeBase, pts: pts.toSorted((a, b) => a - b) }; // packets come in coding order
}
