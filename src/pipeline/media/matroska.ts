import type { Rational } from './frame';

/**
 * Raw frames with exact times as a Matroska stream, the one container every ffmpeg since 2018 reads from a pipe that
 * carries a time for each uncompressed frame (a bare rawvideo pipe has none, so a varying frame rate would be lost).
 * RFC 9559 element ids; one cluster per frame; times in nanoseconds, which ffmpeg rounds back to the exact tick.
 */
export function matroskaHeader(video: {
  width: number;
  height: number;
  depth: 8 | 16;
  framesPerSecond: number | null;
}): Buffer {
  const fourcc = Buffer.from([...Buffer.from('RGB'), video.depth === 8 ? 24 : 48]); // ffmpeg: rgb24 and rgb48le
  const ebml = element(
    0x1a45dfa3,
    element(0x4282, Buffer.from('matroska')),
    element(0x4287, unsigned(4)),
    element(0x4285, unsigned(2)),
  );
  const info = element(0x1549a966, element(0x2ad7b1, unsigned(1)), element(0x4d80, APP), element(0x5741, APP));
  const videoSettings = element(
    0xe0,
    element(0xb0, unsigned(video.width)),
    element(0xba, unsigned(video.height)),
    element(0x2eb524, fourcc),
  );
  const track = element(
    0xae,
    element(0xd7, unsigned(1)),
    element(0x73c5, unsigned(1)),
    element(0x83, unsigned(1)),
    element(0x86, Buffer.from('V_UNCOMPRESSED')),
    // Default frame duration; without it the last frame would have no duration and be dropped.
    element(0x23e383, unsigned(Math.min(0xffffffff, Math.round(1e9 / (video.framesPerSecond ?? 25))))),
    videoSettings,
  );
  return Buffer.concat([ebml, SEGMENT_OF_UNKNOWN_SIZE, info, element(0x1654ae6b, track)]);
}

/** The header of one frame of `bytes` bytes at `ticks` × `timeBase` seconds, `ticks` ≥ 0. */
export function matroskaFrameHeader(ticks: number, timeBase: Rational, bytes: number): Buffer {
  const nanoseconds =
    (BigInt(ticks) * BigInt(timeBase.num) * 2_000_000_000n + BigInt(timeBase.den)) / (2n * BigInt(timeBase.den));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(nanoseconds);
  const block = Buffer.from([0x81, 0, 0, 0x80]); // track 1, 0 ns after the cluster, key frame
  const before = Buffer.concat([element(0xe7, time), id(0xa3), size(block.length + bytes), block]);
  return Buffer.concat([id(0x1f43b675), size(before.length + bytes), before]);
}

const APP = Buffer.from('remaster');
const SEGMENT_OF_UNKNOWN_SIZE = Buffer.from('1853806701ffffffffffffff', 'hex');

const element = (name: number, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([id(name), size(body.length), body]);
};

const id = (name: number): Buffer => Buffer.from(name.toString(16).padStart(2, '0'), 'hex');

/** An EBML length, always written in eight bytes. */
function size(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length) | (1n << 56n));
  return bytes;
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
