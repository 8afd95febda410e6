import { densityOfExif } from './exif';
import { SEGMENT_MARKERS, segment, withoutPngChunk, withPngChunk, withSegments } from './imageChunks';
import { jpegSegments, pngChunks } from './readChunks';

/**
 * The pixels per inch of a file, by JFIF or `pHYs`, or else by its EXIF data; null when it says none. Not by sharp, which
 * takes 72 for a JPEG that says none, and reads no EXIF of a WebP.
 */
export function readDensity(file: Buffer, format: 'jpeg' | 'png' | 'webp', exif: Uint8Array | null): number | null {
  const own = { jpeg: densityOfJfif, png: densityOfPng, webp: () => null }[format](file);
  return own ?? (exif && densityOfExif(exif));
}

function densityOfJfif(file: Buffer): number | null {
  for (const { marker, data } of jpegSegments(file)) {
    if (marker !== SEGMENT_MARKERS.APP0 || data.length < 12 || data.toString('latin1', 0, 5) !== 'JFIF\0') continue;
    const perInch = data.readUInt16BE(8) * ({ 1: 1, 2: 2.54 }[data[7]!] ?? 0); // per inch, per centimetre, ratio only
    return perInch > 0 ? perInch : null;
  }
  return null;
}

function densityOfPng(file: Buffer): number | null {
  for (const { kind, data } of pngChunks(file)) {
    if (kind !== 'pHYs' || data.length < 9) continue;
    return data[8] === 1 && data.readUInt32BE(0) > 0 ? data.readUInt32BE(0) * 0.0254 : null; // else a ratio only
  }
  return null;
}

/** Adds the pixels per inch to a PNG or JPEG. WebP has no place for it but EXIF; see `exif.ts`. */
export function withDensity(file: Buffer, format: 'jpeg' | 'png' | 'webp', dpi: number): Buffer {
  switch (format) {
    case 'jpeg': {
      if (Math.round(dpi) > 0xffff) return file; // more than JFIF can say
      const fields = Buffer.from('JFIF\0\x01\x02\x01\0\0\0\0\0\0', 'latin1'); // version 1.2, per inch, no thumbnail
      fields.writeUInt16BE(Math.round(dpi), 8);
      fields.writeUInt16BE(Math.round(dpi), 10);
      return withSegments(file, [segment(SEGMENT_MARKERS.APP0, fields)]);
    }
    case 'png': {
      const perMetre = Math.round(dpi / 0.0254);
      const fields = Buffer.alloc(9, 1); // the last byte is the unit: metres
      fields.writeUInt32BE(perMetre, 0);
      fields.writeUInt32BE(perMetre, 4);
      return withPngChunk(withoutPngChunk(file, 'pHYs'), 'pHYs', fields);
    }
    case 'webp':
      return file;
  }
}
