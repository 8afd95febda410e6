import type { Rational } from './frame';

/**
 * The parts of the NUT container (version 3, https://ffmpeg.org/~michael/nut.txt) that remaster reads and writes: one
 * video stream with a time base of its own, so every clock is kept exactly. Other containers of ffmpeg round: Matroska
 * counts milliseconds, and the reader of MP4 estimates times of short files.
 */

/** Start codes of packets. Every one begins with the byte `N`. */
export const START = {
  main: 0x4e4d7a561f5f04adn,
  stream: 0x4e5311405bf2f9dbn,
  syncpoint: 0x4e4be4adeeca4569n,
  index: 0x4e58dd672f23e64en,
  info: 0x4e49ab68b596ba78n,
} as const;

/** Bits of the flags of a frame. */
export const FLAG = {
  key: 1,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  codedFlags: 4096,
  invalid: 8192,
} as const;

export const FILE_ID = Buffer.from('nut/multimedia container\0', 'latin1');

/** The stream header, without its time base: what a decoder must know. */
export interface NutStream {
  readonly fourcc: Buffer;
  /** Frames that the decoder may hold back to reorder them. */
  readonly decodeDelay: number;
  readonly codecData: Buffer;
  readonly width: number;
  readonly height: number;
  readonly pixelAspect: Rational;
}

/** A number ≥ 0 in groups of seven bits, most significant first. */
function varint(value: number | bigint): Buffer {
  let rest = BigInt(value);
  const bytes = [Number(rest & 127n)];
  while ((rest >>= 7n) > 0n) bytes.unshift(Number(rest & 127n) | 128);
  return Buffer.from(bytes);
}

const bytesWithLength = (bytes: Buffer): Buffer => Buffer.concat([varint(bytes.length), bytes]);

/** The first bytes of a file with one video stream. */
export function nutHeader(stream: NutStream, timeBase: Rational): Buffer {
  const { fourcc, decodeDelay, codecData, width, height, pixelAspect } = stream;
  const frameFlags = FLAG.codedPts | FLAG.sizeMsb | FLAG.checksum;
  const main = [
    ...[3, 1, MAX_DISTANCE, 1, timeBase.num, timeBase.den].map(varint),
    ...frameCodes(frameFlags | FLAG.key, 1), // frame code 0
    ...frameCodes(frameFlags, 254), // frame codes from 1
    varint(0), // no shared headers of frames
  ];
  const video = [
    ...[0, 0].map(varint), // stream 0, video
    bytesWithLength(fourcc),
    ...[0, PTS_BITS, MAX_DISTANCE, decodeDelay, 0].map(varint), // time base 0
    bytesWithLength(codecData),
    ...[width, height, pixelAspect.num, pixelAspect.den, 0].map(varint),
  ];
  return Buffer.concat([FILE_ID, packet(START.main, main), packet(START.stream, video)]);
}

/** A row of the table of frame codes: time, size and stream are coded in every frame. */
const frameCodes = (flags: number, count: number): Buffer[] => [flags, 6, 0, 1, 0, 0, 0, count].map(varint);

/** Readers expect a syncpoint within this many bytes before a frame. */
const MAX_DISTANCE = 65536;

/**
 * A frame has so many low bits of its time, and the syncpoint before it has the whole. ffmpeg of 2018 reads the time of a
 * frame as a number of 32 bits: as nanoseconds, a whole one would be lost from 4.29 s on.
 */
const PTS_BITS = 7;

/** What precedes the `bytes` bytes of a frame shown at `pts` ticks, `pts` ≥ 0. */
export function nutFrameHeader(pts: number, isKey: boolean, bytes: number): Buffer {
  const header = Buffer.concat([Buffer.from([isKey ? 0 : 1]), varint(pts % 2 ** PTS_BITS), varint(bytes)]);
  return Buffer.concat([packet(START.syncpoint, [varint(pts), varint(0)]), header, checksum(header)]);
}

function packet(start: bigint, content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeBigUInt64BE(start);
  const size = varint(body.length + 4);
  const before = Buffer.concat([head, size]);
  const headChecksum = body.length + 4 > LONG_PACKET ? [checksum(before)] : [];
  return Buffer.concat([before, ...headChecksum, body, checksum(body)]);
}

/** Packets of more bytes have a checksum after their length. */
export const LONG_PACKET = 4096;

export function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc(bytes));
  return sum;
}

/** CRC-32 with the polynomial 0x04C11DB7, most significant bit first, from 0. */
function crc(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}
