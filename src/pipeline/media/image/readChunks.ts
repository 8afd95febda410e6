// Reads the parts that image files are made of, without decoding the image. A file that is cut off ends the list early.

/** A segment of a JPEG. Lengths and positions in bytes. */
export interface Segment {
  readonly marker: number;
  readonly data: Buffer;
  /** Position behind the segment. */
  readonly end: number;
}

export const JPEG = { SOI: 0xd8, EOI: 0xd9, APP2: 0xe2 } as const;

/**
 * The segments of the JPEG whose SOI is at `from`, up to its EOI or, where that is missing, the next SOI. Thumbnails lie
 * inside of segments, so their markers do not count.
 */
export function* jpegSegments(file: Buffer, from = 0): Generator<Segment> {
  for (let at = nextMarker(file, from + 2); at >= 0;) {
    const marker = file[at + 1]!;
    if (marker === JPEG.EOI || marker === JPEG.SOI) {
      yield { marker, data: Buffer.alloc(0), end: marker === JPEG.EOI ? at + 2 : at };
      return;
    }
    if (at + 4 > file.length) return;
    const end = at + 2 + file.readUInt16BE(at + 2);
    if (end > file.length) return;
    yield { marker, data: file.subarray(at + 4, end), end };
    at = nextMarker(file, end);
  }
}

/** Position of the next marker with a length, or SOI or EOI; −1 without one. Compressed data lies between the markers. */
function nextMarker(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0 && at + 1 < file.length; at = file.indexOf(0xff, at + 1)) {
    const marker = file[at + 1]!;
    const isWithoutLength = marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7) || marker === 0xff;
    if (!isWithoutLength) return at;
  }
  return -1;
}

/** A chunk of a PNG. */
export interface Chunk {
  readonly kind: string;
  readonly data: Buffer;
}

/** The complete chunks of a PNG, from IHDR to IEND. */
export function* pngChunks(file: Buffer): Generator<Chunk> {
  for (let at = 8; at + 12 <= file.length;) {
    const [kind, end] = [file.toString('latin1', at + 4, at + 8), at + 12 + file.readUInt32BE(at)];
    if (end > file.length) return;
    yield { kind, data: file.subarray(at + 8, end - 4) };
    if (kind === 'IEND') return;
    at = end;
  }
}
