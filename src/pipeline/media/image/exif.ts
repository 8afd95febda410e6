import { SEGMENT, segment, withPngChunk, withSegments, withWebpChunk } from './imageChunks';

/** What has changed in the image. */
interface Change {
  readonly width: number;
  readonly height: number;
  /** Output side ÷ source side. */
  readonly scale: number;
}

const PREFIX = Buffer.from('Exif\0\0', 'latin1');
const HAS_EXIF = 0x08;

/**
 * Adds the EXIF data of the source (camera, time, location, copyright) to a file. The data is unchanged except for the
 * orientation, size and resolution, which have changed, and the thumbnail, which is removed.
 */
export function withExif(file: Buffer, format: 'jpeg' | 'png' | 'webp', exif: Uint8Array, change: Change): Buffer {
  const upright = uprightExif(exif, change);
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
const RESOLUTIONS = [0x011a, 0x011b];
const RESOLUTION_UNIT = 0x0128;
const CENTIMETRE = 3;

/** The pixels per inch that EXIF data says; null when it says none. */
export function densityOfExif(exif: Uint8Array): number | null {
  const tiff = tiffOf(Buffer.from(exif));
  if (!tiff) return null;
  const isLittle = tiff[0] === 0x49;
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  try {
    const directory = long(4);
    const entries = Array.from({ length: short(directory) }, (_, i) => directory + 2 + 12 * i);
    const resolution = entries.find((entry) => short(entry) === RESOLUTIONS[0]);
    const unit = entries.find((entry) => short(entry) === RESOLUTION_UNIT);
    if (resolution === undefined) return null;
    const at = long(resolution + 8);
    const density = (long(at) / long(at + 4)) * (unit !== undefined && short(unit + 8) === CENTIMETRE ? 2.54 : 1);
    return Number.isFinite(density) && density > 0 ? density : null;
  } catch (error) {
    if (error instanceof RangeError) return null; // an offset is out of range
    throw error;
  }
}

/** EXIF data that says nothing but the pixels per inch. */
export function exifOfDensity(dpi: number): Buffer {
  const tiff = Buffer.alloc(66);
  tiff.write('II*\0\b\0\0\0\x03\0', 'latin1'); // one directory of three entries
  const entry = (at: number, tag: number, type: number, value: number): void => {
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(1, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  };
  RESOLUTIONS.forEach((tag, i) => {
    entry(10 + 12 * i, tag, 5, 50 + 8 * i);
    tiff.writeUInt32LE(Math.round(dpi * 100), 50 + 8 * i);
    tiff.writeUInt32LE(100, 54 + 8 * i);
  });
  entry(34, RESOLUTION_UNIT, 3, 2); // per inch
  return tiff;
}

/** Null when the data is not a TIFF structure. */
function uprightExif(exif: Uint8Array, { width, height, scale }: Change): Buffer | null {
  const tiff = tiffOf(Buffer.from(exif)); // a copy, changed below
  if (!tiff) return null;
  const isLittle = tiff[0] === 0x49;
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  /** Writes the value of an entry, two or four bytes wide according to its type. */
  const set = (entry: number, value: number): void => {
    const isShort = short(entry + 2) === 3;
    if (isShort) tiff[isLittle ? 'writeUInt16LE' : 'writeUInt16BE'](Math.min(value, 0xffff), entry + 8);
    else tiff[isLittle ? 'writeUInt32LE' : 'writeUInt32BE'](value, entry + 8);
  };
  /** Multiplies the fraction at `at`. */
  const multiply = (at: number): void => {
    const factor = Number.isInteger(long(at) * scale) ? 1 : 1000;
    const [num, den] = [Math.round(long(at) * scale * factor), long(at + 4) * factor];
    if (num > 0xffff_ffff || den > 0xffff_ffff) return;
    tiff[isLittle ? 'writeUInt32LE' : 'writeUInt32BE'](num, at);
    tiff[isLittle ? 'writeUInt32LE' : 'writeUInt32BE'](den, at + 4);
  };
  /** Returns the position after the entries. */
  const walk = (directory: number, isFirst: boolean): number => {
    const count = short(directory);
    for (let entry = directory + 2; entry < directory + 2 + 12 * count; entry += 12) {
      const tag = short(entry);
      if (tag === ORIENTATION) set(entry, 1);
      else if (WIDTHS.includes(tag)) set(entry, width);
      else if (HEIGHTS.includes(tag)) set(entry, height);
      else if (RESOLUTIONS.includes(tag) && isFirst) multiply(long(entry + 8));
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

/** Without the name that precedes it in a JPEG; null when it is not a TIFF structure. */
function tiffOf(exif: Buffer): Buffer | null {
  const tiff = exif.subarray(0, PREFIX.length).equals(PREFIX) ? exif.subarray(PREFIX.length) : exif;
  return ['II*\0', 'MM\0*'].includes(tiff.toString('latin1', 0, 4)) ? tiff : null;
}
