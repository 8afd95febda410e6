import { deflateSync } from 'node:zlib';

/**
 * The file with an ICC profile put in. sharp would convert the pixels from sRGB into the profile's colours on the way;
 * ours are in the profile's colours already.
 */
export function withProfile(file: Uint8Array, format: 'jpeg' | 'png' | 'webp', profile: Uint8Array): Uint8Array {
  const [bytes, icc] = [asBuffer(file), asBuffer(profile)];
  return { jpeg: inJpeg, png: inPng, webp: inWebp }[format](bytes, icc);
}

/** What one APP2 segment holds beside its own header. */
const SEGMENT = 65_519;

/** ICC.1, annex B.4: numbered segments, here after the first one of the file (JFIF wants to be first). */
function inJpeg(file: Buffer, icc: Buffer): Buffer {
  const count = Math.ceil(icc.length / SEGMENT);
  const segments = Array.from({ length: count }, (_, i) => {
    const part = icc.subarray(i * SEGMENT, (i + 1) * SEGMENT);
    const head = Buffer.from([0xff, 0xe2, 0, 0, ...Buffer.from('ICC_PROFILE\0'), i + 1, count]);
    head.writeUInt16BE(part.length + head.length - 2, 2);
    return Buffer.concat([head, part]);
  });
  const isJfif = file[2] === 0xff && file[3] === 0xe0;
  const after = isJfif ? 4 + file.readUInt16BE(4) : 2;
  return Buffer.concat([file.subarray(0, after), ...segments, file.subarray(after)]);
}

/** Signature and IHDR, after which colour has to be told. */
const PNG_HEAD = 33;

function inPng(file: Buffer, icc: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('iCCPprofile\0\0', 'latin1'), deflateSync(icc)]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
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

const HAS_PROFILE = 0x20;
const HAS_ALPHA = 0x10;

/** RFC 9649: an extended file, whose header names what it holds, then the profile, then the picture. */
function inWebp(file: Buffer, icc: Buffer): Buffer {
  const first = file.toString('latin1', 12, 16);
  const isExtended = first === 'VP8X';
  const head = isExtended ? Buffer.from(file.subarray(12, 30)) : extendedHead(file, first);
  head[8]! |= HAS_PROFILE;
  const chunk = Buffer.alloc(8 + icc.length + (icc.length % 2));
  chunk.write('ICCP', 0, 'latin1');
  chunk.writeUInt32LE(icc.length, 4);
  icc.copy(chunk, 8);
  const whole = Buffer.concat([file.subarray(0, 12), head, chunk, file.subarray(isExtended ? 30 : 12)]);
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

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
