// What a picture file carries beside its picture is put into it here, without touching the picture.

/** A JPEG with these segments (markers, lengths and all) after its first one: JFIF wants to be first. */
export function withSegments(file: Buffer, segments: readonly Buffer[]): Buffer {
  const isJfif = file[2] === 0xff && file[3] === 0xe0;
  const after = isJfif ? 4 + file.readUInt16BE(4) : 2;
  return Buffer.concat([file.subarray(0, after), ...segments, file.subarray(after)]);
}

/** Bytes that one JPEG segment holds beside its marker and its length. */
export const SEGMENT = 65_533;

export function segment(marker: number, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(
    parts.reduce((sum, { length }) => sum + length, 2),
    2,
  );
  return Buffer.concat([head, ...parts]);
}

/** Signature and IHDR, after which colour has to be told. */
const PNG_HEAD = 33;

/** A PNG with one more chunk, before its picture. */
export function withPngChunk(file: Buffer, kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([file.subarray(0, PNG_HEAD), chunk, file.subarray(PNG_HEAD)]);
}

/** As PNG wants it; Node has its own only from 20.15 on. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}

const HAS_ALPHA = 0x10;

/** A WebP with one more chunk, before or behind its picture: RFC 9649 wants an extended file, whose header names what it holds. */
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
  const picture = file.subarray(isExtended ? 30 : 12);
  const rest = place === 'before' ? [chunk, picture] : [picture, chunk];
  const whole = Buffer.concat([file.subarray(0, 12), head, ...rest]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

/** VP8X for a simple file: sides from its one chunk, lossy (`VP8 `) or lossless (`VP8L`). */
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
