import { createReadStream } from 'node:fs';
import type { SourceFile } from '../sourceFile';
import { containerOf, packetSize, SYNC } from './container';
import { type ClockJump, jumpDetector } from './jumpDetector';

/** What the clock of a transport or program stream tells. */
export interface SourceClock {
  readonly jumps: readonly ClockJump[];
  /** Seconds, as played, at which bytes of a transport stream are no packets. */
  readonly lost: readonly number[];
}

/**
 * The jumps of the clock that a transport stream (ISO/IEC 13818-1, PCR) or program stream (SCR) has besides its frames. They
 * are read here, because ffmpeg writes no time that is before the last one.
 */
export async function clockJumps(...of: Parameters<typeof sourceClock>): Promise<readonly ClockJump[]> {
  return (await sourceClock(...of)).jumps;
}

/** Reads the whole file; all other containers have no such clock. */
export async function sourceClock(
  source: Pick<SourceFile, 'path' | 'sequence'>,
  signal: AbortSignal,
): Promise<SourceClock> {
  const container = await containerOf(source);
  if (container !== 'transport stream' && container !== 'program stream') return { jumps: [], lost: [] };
  const detector = jumpDetector();
  const lost: number[] = [];
  const onLost = (): void => void (lost.length < MOST_LOST && lost.push(detector.played()));
  const read = container === 'transport stream' ? pcrReader(detector.add, onLost) : scrReader(detector.add);
  for await (const chunk of createReadStream(source.path, { highWaterMark: 2 ** 20, signal })) read(chunk as Buffer);
  return { jumps: detector.found, lost };
}

/** So that a file of garbage does not fill the memory. */
const MOST_LOST = 10_000;

/** Ticks of a second. */
const SECOND = 90_000;
type Reader = (chunk: Buffer) => void;

/** The clock of the first program that has one. `onLost`: a packet is missing where one should begin, after the first one. */
function pcrReader(add: (seconds: number) => void, onLost: () => void): Reader {
  let rest: Buffer = Buffer.alloc(0);
  let size: number | null = null;
  let program: number | null = null;
  let isInStep = false;
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk]);
    size ??= packetSize(bytes.subarray(0, 1024)) ?? 188;
    let at = 0;
    while (at + size <= bytes.length) {
      if (bytes[at] !== SYNC) {
        if (isInStep) onLost();
        isInStep = false;
        const next = bytes.indexOf(SYNC, at + 1);
        at = next < 0 ? bytes.length : next;
        continue;
      }
      isInStep = true;
      const pid = bytes.readUInt16BE(at + 1) & 0x1fff;
      const hasClock = bytes[at + 3]! & 0x20 && bytes[at + 4]! >= 7 && bytes[at + 5]! & 0x10;
      if (hasClock) program ??= pid;
      if (hasClock && pid === program) add((bytes.readUInt32BE(at + 6) * 2 + (bytes[at + 10]! >> 7)) / SECOND);
      at += size;
    }
    rest = bytes.subarray(at);
  };
}

/** Bytes of a pack header up to the end of its clock. */
const PACK = 10;

function scrReader(add: (seconds: number) => void): Reader {
  const start = Buffer.from([0, 0, 1, 0xba]);
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk]);
    let at = bytes.indexOf(start);
    for (; at >= 0 && at + PACK <= bytes.length; at = bytes.indexOf(start, at + 4)) {
      const ticks = clockOf(bytes.subarray(at + 4, at + PACK));
      if (ticks !== null) add(ticks / SECOND);
    }
    rest = bytes.subarray(at >= 0 ? at : Math.max(0, bytes.length - start.length + 1));
  };
}

/** The clock of a pack of MPEG-1 or MPEG-2 without its fraction; null where the marker bits are missing. */
function clockOf(pack: Buffer): number | null {
  const [a, b, c, d, e] = [pack[0]!, pack[1]!, pack[2]!, pack[3]!, pack[4]!];
  if ((a & 0xf1) === 0x21 && c & 1 && e & 1)
    return ((a >> 1) & 7) * 2 ** 30 + ((b << 7) | (c >> 1)) * 2 ** 15 + ((d << 7) | (e >> 1));
  if ((a & 0xc4) !== 0x44 || !(c & 4) || !(e & 4)) return null;
  const high = ((a >> 3) & 7) * 2 ** 30 + (a & 3) * 2 ** 28;
  return high + b * 2 ** 20 + (c >> 3) * 2 ** 15 + (c & 3) * 2 ** 13 + d * 2 ** 5 + (e >> 3);
}
