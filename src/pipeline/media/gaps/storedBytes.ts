import { type FileHandle, open } from 'node:fs/promises';
import { elementAt } from '../ebml';
import type { SourceFile } from '../sourceFile';
import { type Container, containerOf, packetSize, SYNC } from './container';

/** How many bytes of a file are missing by its own words, or empty. */
export interface StoredBytes {
  readonly missing: number;
  /** Of all, from 0 to 1. */
  readonly share: number;
}

/** What the structure of a file says about its end. Only forms that say it are read; of all others nothing is missing. */
export async function storedBytes(source: Pick<SourceFile, 'path' | 'sequence' | 'bytes'>): Promise<StoredBytes> {
  const container = await containerOf(source);
  const read = READERS[container];
  if (!read) return { missing: 0, share: 0 };
  const file = await open(source.path, 'r');
  try {
    const { whole, there } = await read(file, source.bytes);
    const missing = Math.max(0, whole - there);
    return { missing, share: missing / whole };
  } finally {
    await file.close();
  }
}

/** Bytes that a file should have, and those that can be used. */
interface Extent {
  readonly whole: number;
  readonly there: number;
}

const READERS: Readonly<Partial<Record<Container, (file: FileHandle, bytes: number) => Promise<Extent>>>> = {
  RIFF: riff,
  ASF: asf,
  MP4: fragments,
  Matroska: segment,
  MXF: async (file, bytes) => larger(await mxf(file, bytes), await withoutZeros(file, bytes)),
  'transport stream': async (file, bytes) => larger(await packets(file, bytes), await withoutZeros(file, bytes)),
  'program stream': async (file, bytes) => larger(await packs(file, bytes), await withoutZeros(file, bytes)),
  Ogg: async (file, bytes) => larger(await pages(file, bytes), await withoutZeros(file, bytes)),
};

const larger = (a: Extent, b: Extent): Extent => (a.whole - a.there > b.whole - b.there ? a : b);

/** AVI is a chain of RIFF chunks. A recorder that died has left 0 or −1 as the size. */
async function riff(file: FileHandle, bytes: number): Promise<Extent> {
  let at = 0;
  while (at + 8 <= bytes) {
    const head = await bytesAt(file, at, 8);
    const size = head.readUInt32LE(4);
    if (head.toString('latin1', 0, 4) !== 'RIFF' || size === 0xffff_ffff) break;
    at += 8 + size;
  }
  return { whole: Math.max(at, bytes), there: bytes };
}

/** The File Properties Object of ASF has the size of the file. */
async function asf(file: FileHandle, bytes: number): Promise<Extent> {
  const head = await bytesAt(file, 0, 65_536);
  const at = head.indexOf('a1dcab8c47a9cf118ee400c00c205365', 0, 'hex');
  const size = at < 0 || at + 48 > head.length ? 0 : Number(head.readBigUInt64LE(at + 40));
  return { whole: Math.max(size, bytes), there: bytes };
}

/** The Segment of Matroska has its size, unless it was streamed or its recorder died. */
async function segment(file: FileHandle, bytes: number): Promise<Extent> {
  const head = await bytesAt(file, 0, 1024);
  let at = 0;
  try {
    const header = elementAt(head, 0);
    const body = elementAt(head, header.end);
    if (body.id === SEGMENT) at = body.end;
  } catch {
    // An unknown size, or a damaged head: nothing says where it ends.
  }
  return { whole: Math.max(at, bytes), there: bytes };
}

const SEGMENT = 0x18538067;

/** The first partition of an MXF file says where its last one is: 0 while it is being recorded. */
async function mxf(file: FileHandle, bytes: number): Promise<Extent> {
  const head = await bytesAt(file, 0, 64);
  const lengthBytes = head[16]! & 0x80 ? 1 + (head[16]! & 0x7f) : 1;
  const at = 16 + lengthBytes + 24;
  const footer = at + 8 > head.length ? 0 : Number(head.readBigUInt64BE(at));
  return { whole: Math.max(footer, bytes), there: bytes };
}

/** The boxes of a fragmented MP4. Other MP4 files have an index, and may have anything behind their last box. */
async function fragments(file: FileHandle, bytes: number): Promise<Extent> {
  let at = 0;
  let isFragmented = false;
  while (at + 8 <= bytes) {
    const head = await bytesAt(file, at, 16);
    const type = head.toString('latin1', 4, 8);
    isFragmented ||= type === 'moof';
    const short = head.readUInt32BE(0);
    const size = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    if (!/^[\w ©-]{4}$/.test(type) || size < 8) break;
    at += size;
  }
  if (!isFragmented) return { whole: bytes, there: bytes };
  return { whole: Math.max(at, bytes), there: Math.min(at, bytes) };
}

/** A transport stream that ends within a packet was cut off; nothing says how much is missing. */
async function packets(file: FileHandle, bytes: number): Promise<Extent> {
  const head = await bytesAt(file, 0, 1024);
  const size = packetSize(head)!;
  const first = head.findIndex((byte, at) => byte === SYNC && head[at + size] === SYNC);
  return { whole: first + Math.ceil((bytes - first) / size) * size, there: bytes };
}

/** The packets of the last pack of a program stream say how long they are (ISO/IEC 13818-1, 2.5.3). */
async function packs(file: FileHandle, bytes: number): Promise<Extent> {
  const from = Math.max(0, bytes - 2 * BLOCK);
  const tail = await bytesAt(file, from, bytes - from);
  let at = tail.lastIndexOf(Buffer.from([0, 0, 1, 0xba]));
  if (at < 0) return { whole: bytes, there: bytes };
  const isMpeg2 = (tail[at + 4]! & 0xc0) === 0x40;
  at += isMpeg2 ? 14 + ((tail[at + 13] ?? 0) & 7) : 12;
  while (at + 6 <= tail.length && tail.readUIntBE(at, 3) === 1)
    at += tail[at + 3] === PROGRAM_END ? 4 : 6 + tail.readUInt16BE(at + 4);
  return { whole: Math.max(from + at, bytes), there: bytes };
}

const PROGRAM_END = 0xb9;

/** An Ogg file that ends within a page was cut off; nothing says how much is missing. */
async function pages(file: FileHandle, bytes: number): Promise<Extent> {
  const from = Math.max(0, bytes - MAX_PAGE);
  const tail = await bytesAt(file, from, MAX_PAGE);
  const at = tail.lastIndexOf('OggS');
  if (at < 0) return { whole: bytes, there: bytes };
  const lengths = tail.subarray(at + PAGE_HEAD).subarray(0, tail[at + PAGE_HEAD - 1] ?? 0);
  const size = PAGE_HEAD + lengths.reduce((sum, length) => sum + length, lengths.length);
  return { whole: Math.max(bytes, from + at + size), there: bytes };
}

/** Bytes of a page before the lengths of its segments, the last of which is their number; and of a whole page, at most. */
const [PAGE_HEAD, MAX_PAGE] = [27, 65_307];

const BLOCK = 65_536; // bytes

/** A copy that was not completed may have its full length already. */
async function withoutZeros(file: FileHandle, bytes: number): Promise<Extent> {
  let end = bytes;
  while (end > 0) {
    const from = Math.max(0, end - BLOCK);
    const block = await bytesAt(file, from, end - from);
    const last = block.findLastIndex((byte) => byte !== 0);
    end = from + last + 1;
    if (last >= 0) break;
  }
  return { whole: bytes, there: bytes - end < MIN_ZEROS ? bytes : end };
}

/** Fewer zeros at the end are padding. */
const MIN_ZEROS = 4096;

async function bytesAt(file: FileHandle, at: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, at);
  return buffer.subarray(0, bytesRead);
}
