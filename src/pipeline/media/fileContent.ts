import type { FileHandle } from 'node:fs/promises';
import { JPEG, jpegSegments } from './image/readChunks';

/**
 * What a file holds, by its bytes; names do not count. `PNG with a cover`: its first image is no frame of the animation. `jpegs`: JPEGs one after the other, bare or in a multipart
 * response. `other`: ffmpeg recognizes it, or no program does.
 */
export type FileContent =
  'still' | 'animated WebP' | 'PNG with a cover' | 'jpegs' | 'web page' | 'text' | 'zeros' | 'other';

export async function fileContent(file: FileHandle): Promise<FileContent> {
  const head = await bytesAt(file, 0, HEAD);
  const start = head.toString('latin1', 0, 12);
  if (start.startsWith('\xff\xd8\xff')) return (await holdsSeveralJpegs(file)) ? 'jpegs' : 'still';
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return pngContent(file);
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return isAnimatedWebp(head) ? 'animated WebP' : 'still';
  if (/^(II\*\0|MM\0\*|BM)/.test(start)) return 'still';
  if (head.every((byte) => byte === 0)) return (await beginsWithZeros(file)) ? 'zeros' : 'other';
  return isMultipart(head) ? 'jpegs' : textContent(head);
}

/** Bytes that tell text from binary data, and that hold the headers before the first JPEG of a camera. */
const HEAD = 4096;
/** ffmpeg recognizes a format by at most these first bytes. */
const PROBED = 2 ** 20;

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

const beginsWithZeros = async (file: FileHandle): Promise<boolean> =>
  (await bytesAt(file, 0, PROBED)).every((byte) => byte === 0);

/** The first JPEG is read in windows of these sizes, in bytes, until it is whole; a larger one is a single image. */
const WINDOWS = [2 ** 20, 2 ** 24, 2 ** 26];

/**
 * Whether a second JPEG of the same size follows the first. Not in an MPO and the like, which hold one photo in several
 * images and say so.
 */
async function holdsSeveralJpegs(file: FileHandle): Promise<boolean> {
  for (const window of WINDOWS) {
    const bytes = await bytesAt(file, 0, window);
    const first = jpegAt(bytes, 0);
    if (first.isMultiPicture) return false;
    const second = first.end === null ? -1 : nextJpeg(bytes, first.end);
    if (second >= 0) return first.size !== null && jpegAt(bytes, second).size === first.size;
    if (bytes.length < window) return false; // the file is not longer
  }
  return false;
}

interface JpegOutline {
  /** `width×height`; null where the bytes end before. */
  readonly size: string | null;
  /** Position behind the image; null where the bytes end before. */
  readonly end: number | null;
  /** It has an index of further images (CIPA DC-007). */
  readonly isMultiPicture: boolean;
}

function jpegAt(bytes: Buffer, from: number): JpegOutline {
  let size: string | null = null;
  let isMultiPicture = false;
  for (const { marker, data, end } of jpegSegments(bytes, from)) {
    if (isFrameHeader(marker) && data.length >= 5) size ??= `${data.readUInt16BE(3)}×${data.readUInt16BE(1)}`;
    if (marker === JPEG.APP2 && data.toString('latin1', 0, 4) === 'MPF\0') isMultiPicture = true;
    if (marker === JPEG.EOI || marker === JPEG.SOI) return { size, end, isMultiPicture };
  }
  return { size, end: null, isMultiPicture };
}

/** SOF0…SOF15; 0xc4, 0xc8 and 0xcc among them are other segments. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Position of a JPEG after `from`, behind nothing but padding and the header lines of a multipart response; else −1. */
function nextJpeg(bytes: Buffer, from: number): number {
  const gap = bytes.subarray(from, from + HEAD);
  const at = gap.indexOf(SOI);
  return at >= 0 && /^[\0\xff\s\x20-\x7e]*$/.test(gap.toString('latin1', 0, at)) ? from + at : -1;
}

const SOI = Buffer.from([0xff, 0xd8, 0xff]);

/** What `curl` saves of a camera: boundaries and header lines, then a JPEG. */
function isMultipart(head: Buffer): boolean {
  const before = head.toString('latin1', 0, Math.max(0, head.indexOf(SOI)));
  return /^[\s\x20-\x7e]+$/.test(before) && /^(--|HTTP\/|Content-)/i.test(before.trimStart());
}

/** An animation has an `acTL` chunk with several frames before the image data, and an `fcTL` if these are the first. */
async function pngContent(file: FileHandle): Promise<'still' | 'PNG with a cover' | 'other'> {
  let isAnimated = false;
  for (let at = 8, chunks = 0; chunks < 1000; chunks++) {
    const head = await bytesAt(file, at, 12);
    const kind = head.toString('latin1', 4, 8);
    if (head.length < 12) break;
    if (kind === 'acTL') isAnimated = head.readUInt32BE(8) > 1;
    if (kind === 'fcTL' && isAnimated) return 'other';
    if (kind === 'IDAT') return isAnimated ? 'PNG with a cover' : 'still';
    at += 12 + head.readUInt32BE(0);
  }
  return 'still';
}

const isAnimatedWebp = (head: Buffer): boolean =>
  head.toString('latin1', 12, 16) === 'VP8X' && (head[20]! & 0x02) !== 0;

function textContent(head: Buffer): FileContent {
  if (!isText(head)) return 'other';
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (/^(YUV4MPEG2 |#EXTM3U|ffconcat|v=0)|^<(\?xml[^]*?<)?MPD\b/.test(text)) return 'other'; // ffmpeg knows it
  return /^<(!doctype html|html)\b/i.test(text) ? 'web page' : 'text';
}

/** UTF-8 without control characters; the last character may be cut. */
function isText(head: Buffer): boolean {
  const text = head.toString('utf8');
  const invalid = text.indexOf('\ufffd');
  if (invalid >= 0 && invalid < text.length - 3) return false;
  return head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b);
}
