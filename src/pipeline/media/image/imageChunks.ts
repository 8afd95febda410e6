// Inserts metadata into image files without re-encoding the image.
import { crc32 } from 'node:zlib';

/** Inserts segments (with marker and length) into a JPEG, after the JFIF segment, which must come first. */
export function withSegments(file: Buffer, segments: readonly Buffer[]): Buffer {
  const isJfif = file[2] === 0xff && file[3] === 0xe0;
  const after = isJfif ? 4 + file.readUInt16BE(4) : 2;
  return Buffer.concat([file.subarray(0, after), ...segments, file.subarray(after)]);
}

export const SEGMENT_MARKERS = { APP0: 0xe0, APP1: 0xe1, COM: 0xfe } as const;

/** Most data bytes of a JPEG segment, without marker and length. */
export const SEGMENT = 65_533;

export function segment(marker: number, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(
    parts.reduce((sum, { length }) => sum + length, 2),
    2,
  );
  return Buffer.concat([head, ...parts]);
}

/** Signature and IHDR; colour chunks follow directly. */
const PNG_HEAD = 33;

/** Inserts a chunk into a PNG, before the image data. */
export function withPngChunk(file: Buffer, kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([file.subarray(0, PNG_HEAD), chunk, file.subarray(PNG_HEAD)]);
}

/** The PNG without its chunks of one kind. */
export function withoutPngChunk(file: Buffer, kind: string): Buffer {
  const kept = [file.subarray(0, 8)];
  for (let at = 8; at < file.length;) {
    const end = at + 12 + file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) !== kind) kept.push(file.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

const HAS_ALPHA = 0x10;

/**
 * Inserts a chunk into a WebP, before or after the image data. RFC 9649 requires the extended format, with flags for
 * its chunks.
 */
export function withWebpChunk(
  file: Buffer,
  kind: string,
  flag: number,
  data: Uint8Array,
  place: 'before' | 'behind',
): Buffer {
  const first = file.toString('latin1', 12, 16);
  const isExtended = first === 'VP8X';
  const head = isExtended ? Buffer.from(file.subarray(12, 30)) : extendedHead(file, first);
  head[8]! |= flag;
  const chunk = Buffer.alloc(8 + data.length + (data.length % 2));
  chunk.write(kind, 0, 'latin1');
  chunk.writeUInt32LE(data.length, 4);
  chunk.set(data, 8);
  const image = file.subarray(isExtended ? 30 : 12);
  const rest = place === 'before' ? [chunk, image] : [image, chunk];
  const result = Buffer.concat([file.subarray(0, 12), head, ...rest]);
  result.writeUInt32LE(result.length - 8, 4);
  return result;
}

/** The VP8X header for a simple file: the size comes from its only chunk, lossy (`VP8 `) or lossless (`VP8L`). */
function extendedHead(file: Buffer, kind: string): Buffer {
  const head = Buffer.alloc(18);
  head.write('VP8X', 0, 'latin1');
  head.writeUInt32LE(10, 4);
  const bits = kind === 'VP8L' ? file.readUInt32LE(21) : 0;
  const width = kind === 'VP8L' ? bits & 0x3fff : (file.readUInt16LE(26) & 0x3fff) - 1;
  const height = kind === 'VP8L' ? (bits >>> 14) & 0x3fff : (file.readUInt16LE(28) & 0x3fff) - 1;
  if (kind === 'VP8L' && (bits >>> 28) & 1) head[8] = HAS_ALPHA;
  head.writeUIntLE(width, 12, 3);
  head.writeUIntLE(height, 15, 3);
  return head;
}
