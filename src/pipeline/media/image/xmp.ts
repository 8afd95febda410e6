import { SEGMENT, SEGMENT_MARKERS, segment, withPngChunk, withSegments, withWebpChunk } from './imageChunks';

/** What has changed in the image. */
interface Change {
  readonly width: number;
  readonly height: number;
  /** Output side ÷ source side. */
  readonly scale: number;
}

const HAS_XMP = 0x04;
const JPEG_NAME = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');
/** Keyword, not compressed, no language, no translated keyword. */
const PNG_NAME = Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1');

/** Adds the XMP packet of the source to a file, with the new orientation, size and resolution. */
export function withXmp(file: Buffer, format: 'jpeg' | 'png' | 'webp', xmp: Uint8Array, change: Change): Buffer {
  const packet = Buffer.from(changed(Buffer.from(xmp).toString('latin1'), change), 'latin1');
  switch (format) {
    case 'jpeg':
      if (JPEG_NAME.length + packet.length > SEGMENT) return file; // only a PNG or WebP source can be that long
      return withSegments(file, [segment(SEGMENT_MARKERS.APP1, JPEG_NAME, packet)]);
    case 'png':
      return withPngChunk(file, 'iTXt', Buffer.concat([PNG_NAME, packet]));
    case 'webp':
      return withWebpChunk(file, 'XMP ', HAS_XMP, packet, 'behind');
  }
}

/** Readers prefer some of these to EXIF: an old orientation would turn the upright image. */
function changed(packet: string, { width, height, scale }: Change): string {
  return packet
    .replace(property('tiff:Orientation'), '$11')
    .replace(property('tiff:ImageWidth|exif:PixelXDimension'), (_, name: string) => `${name}${width}`)
    .replace(property('tiff:ImageLength|exif:PixelYDimension'), (_, name: string) => `${name}${height}`)
    .replace(property('tiff:[XY]Resolution'), (_, name: string, num: string, den = '1') =>
      Number.isInteger(Number(num) * scale)
        ? `${name}${Number(num) * scale}/${den}`
        : `${name}${Math.round(Number(num) * scale * 1000)}/${Number(den) * 1000}`,
    );
}

/** A number or fraction as an attribute or an element. */
const property = (names: string): RegExp => new RegExp(`((?:${names})(?:\\s*=\\s*["']|>))(\\d+)(?:/(\\d+))?`, 'g');
