import { checksum, FLAG, START } from '../../src/pipeline/media/nut';

// Parts of NUT files in forms that the format allows and ffmpeg does not write.

const varint = (value: number): number[] => {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 128);
  return bytes;
};
const varints = (...values: readonly number[]): Buffer => Buffer.from(values.flatMap(varint));

function packetOf(code: bigint, content: Buffer): Buffer {
  const start = Buffer.alloc(8);
  start.writeBigUInt64BE(code);
  return Buffer.concat([start, varints(content.length + 4), content, checksum(content)]);
}

/** Rows of the table of frame codes: flags, number of fields, then time, factor, stream, size, reserved, count … */
const ROWS: readonly (readonly number[])[] = [
  [FLAG.key | FLAG.sizeMsb, 0], // code 0: at the time before
  [FLAG.key | FLAG.sizeMsb, 1, 5], // code 1: 3 ticks later
  [FLAG.key | FLAG.sizeMsb, 2, 1, 5], // codes 2 to 6: 1 tick later, 5 n to 5 n + 4 bytes
  [FLAG.key | FLAG.sizeMsb, 3, 3, 4, 0], // codes 7 to 10: 2 ticks
  [FLAG.key | FLAG.sizeMsb, 4, 3, 6, 0, 2], // codes 11 to 14: 6 n + 2 to 6 n + 5 bytes
  [FLAG.sizeMsb, 5, 1, 3, 0, 1, 0], // codes 15 and 16
  [FLAG.key, 6, 13, 2, 0, 10, 0, 9], // codes 17 to 25: 7 ticks, 10 to 18 bytes
  [FLAG.key | FLAG.sizeMsb, 7, 1, 2, 0, 0, 0, 1, 3], // code 26
  [FLAG.key | FLAG.sizeMsb, 8, 1, 2, 0, 0, 0, 2, 3, 1], // codes 27 and 28: with the first shared beginning
  [FLAG.sizeMsb | FLAG.checksum, 0], // codes 29 and 30: as those before, with a checksum
  [FLAG.key | FLAG.codedFlags, 6, 1, 1, 0, 0, 0, 1], // code 31, also with the shared beginning
  [FLAG.key | FLAG.codedFlags, 8, 1, 1, 0, 0, 0, 1, 1, 0], // code 32
  [FLAG.key, 6, 1, 1, 0, 40, 0, 222], // codes 33 to 255, without `N`
];
/** The frame code whose fields and flags are all in the frame. */
export const CODED = 32;

export function mainHeader({ version = 3, streams = 1, clocks = 1, row = [] as readonly number[] }): Buffer {
  // Where it is not read as a clock, the second one is a row of the table.
  const time = [1, 1000, 32, 0].slice(0, 2 * clocks);
  const minor = version > 3 ? [0] : [];
  const rows = row.length > 0 ? [row, ...ROWS] : ROWS;
  const shared = [2, 3, ...Buffer.from('abc'), 4, ...Buffer.from('wxyz')];
  return packetOf(START.main, varints(version, ...minor, streams, 65_536, clocks, ...time, ...rows.flat(), ...shared));
}

/** Seven bits of a time that is not coded whole. */
export const videoHeader = (): Buffer =>
  packetOf(
    START.stream,
    Buffer.concat([varints(0, 0, 4), Buffer.from('FFV1'), varints(0, 7, 1000, 0, 0, 0, 64, 36, 1, 1, 0)]),
  );

export const syncpoint = (time: number): Buffer => packetOf(START.syncpoint, varints(time, 0));

/** A frame with its code, the fields in front of it and that many bytes. */
export const codedFrame = (code: number, fields: readonly number[], bytes: number): Buffer =>
  Buffer.concat([
    Buffer.of(code),
    varints(...fields),
    Buffer.from(Array.from({ length: bytes }, (_, i) => code + i * 7)),
  ]);

const whole = (time: number): number => time + 128;
const SUM = [0, 0, 0, 0];
const { codedPts, sizeMsb, headerIndex, key } = FLAG;

/** Every row of the table, and each way to code a time and a beginning. Times increase. */
export const FRAMES: readonly (readonly Buffer[])[] = [
  [codedFrame(0, [7], 7), codedFrame(1, [40], 40)],
  [codedFrame(2, [3], 15)],
  [codedFrame(6, [3], 19)],
  [codedFrame(7, [4], 16), codedFrame(10, [4], 19)],
  [codedFrame(11, [2], 14), codedFrame(14, [2], 17)],
  [codedFrame(15, [7], 22), codedFrame(16, [7], 23)],
  [codedFrame(17, [], 10), codedFrame(25, [], 18)],
  [codedFrame(26, [9], 18)],
  [codedFrame(27, [9], 15), codedFrame(28, [9], 16)],
  [codedFrame(29, [9, ...SUM], 15), codedFrame(30, [9, ...SUM], 16)],
  [codedFrame(31, [sizeMsb, 12], 9), codedFrame(31, [sizeMsb, 4096], 4093), codedFrame(31, [sizeMsb, 4097], 4097)],
  [codedFrame(32, [sizeMsb | headerIndex, 12, 2], 8), codedFrame(32, [sizeMsb | headerIndex | key, 3, 1], 0)],
  [codedFrame(33, [], 40), codedFrame(77, [], 84), codedFrame(79, [], 85), codedFrame(255, [], 261)],
  [codedFrame(32, [codedPts | sizeMsb, whole(200), 3], 3)],
  // The lowest seven bits of times near the one before: up to 64 later.
  [codedFrame(32, [codedPts | sizeMsb, 201 - 128, 3], 3), codedFrame(32, [codedPts | sizeMsb, (201 + 64) % 128, 3], 3)],
  [codedFrame(32, [codedPts | sizeMsb, (265 + 63) % 128, 3], 3)],
  [syncpoint(900), codedFrame(32, [codedPts | sizeMsb, 901 % 128, 3], 3)],
  [codedFrame(32, [codedPts | sizeMsb, whole(902), 3], 3), codedFrame(32, [codedPts | sizeMsb, whole(1800), 3], 3)],
];
