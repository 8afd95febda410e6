import { SEGMENT, segment, withPngChunk, withSegments, withWebpChunk } from './imageChunks';

interface Size {
  readonly width: number;
  readonly height: number;
}

const PREFIX = Buffer.from('Exif\0\0', 'latin1');
const HAS_EXIF = 0x08;

/**
 * Adds the EXIF data of the source (camera, time, location, copyright) to a file. The data is unchanged except for the
 * orientation and the size, which have changed, and the thumbnail, which is removed.
 */
export function withExif(file: Buffer, format: 'jpeg' | 'png' | 'webp', exif: Uint8Array, size: Size): Buffer {
  const upright = uprightExif(exif, size);
  if (!upright) return file;
  switch (format) {
    case 'jpeg':
      if (PREFIX.length + upright.length > SEGMENT) return file; // EXIF of a PNG or WebP source may be too large for a JPEG segment
      return withSegments(file, [segment(0xe1, PREFIX, upright)]);
    case 'png':
      return withPngChunk(file, 'eXIf', upright);
    case 'webp':
      return withWebpChunk(file, 'EXIF', HAS_EXIF, upright, 'behind');
  }
}

/** Tags of EXIF 2.3. */
const ORIENTATION = 0x0112;
const EXIF_DIRECTORY = 0x8769;
const WIDTHS = [0x0100, 0xa002];
const HEIGHTS = [0x0101, 0xa003];

/** Null when the data is not a TIFF structure. */
function uprightExif(exif: Uint8Array, { width, height }: Size): Buffer | null {
  const whole = Buffer.from(exif); // a copy, changed below
  const tiff = whole.subarray(0, PREFIX.length).equals(PREFIX) ? whole.subarray(PREFIX.length) : whole;
  const order = tiff.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return null;
  const isLittle = order.startsWith('I');
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  /** Writes the value of an entry, two or four bytes wide according to its type. */
  const set = (entry: number, value: number): void => {
    const isShort = short(entry + 2) === 3;
    if (isShort) tiff[isLittle ? 'writeUInt16LE' : 'writeUInt16BE'](Math.min(value, 0xffff), entry + 8);
    else tiff[isLittle ? 'writeUInt32LE' : 'writeUInt32BE'](value, entry + 8);
  };
  /** Returns the position after the entries. */
  const walk = (directory: number, isFirst: boolean): number => {
    const count = short(directory);
    for (let entry = directory + 2; entry < directory + 2 + 12 * count; entry += 12) {
      const tag = short(entry);
      if (tag === ORIENTATION) set(entry, 1);
      else if (WIDTHS.includes(tag)) set(entry, width);
      else if (HEIGHTS.includes(tag)) set(entry, height);
      else if (tag === EXIF_DIRECTORY && isFirst) walk(long(entry + 8), false);
    }
    return directory + 2 + 12 * count;
  };
  try {
    const next = walk(long(4), true);
    tiff.writeUInt32LE(0, next); // the second directory is the thumbnail
    return tiff;
  } catch (error) {
    if (error instanceof RangeError) return null; // an offset is out of range
    throw error;
  }
}
