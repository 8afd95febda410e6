import { JPEG } from './image/readChunks';

/** Bytes of one JPEG. A longer one is skipped. */
const MAX_BYTES = 2 ** 25;

export interface JpegSplitter {
  push(chunk: Uint8Array): void;
  /** The stream has ended: a last JPEG may come. */
  end(): void;
}

/**
 * Finds the JPEGs of a stream by their own markers, whatever lies between them: boundaries, headers, padding or nothing.
 * Each is given out with its last byte. One that is cut off is left out, unless no JPEG of the stream has an end.
 *
 * Longer than one screen: a state machine whose steps share the buffer and the position in it.
 */
export function jpegSplitter(onJpeg: (jpeg: Buffer) => void): JpegSplitter {
  let buffer = Buffer.allocUnsafe(2 ** 16);
  let length = 0;
  /** The buffer begins with a JPEG. */
  let isInside = false;
  /** Position in that JPEG up to which it is understood: at a marker, or in compressed data. */
  let at = 0;
  let isData = false;
  let haveEnds = false;

  const drop = (count: number): void => {
    buffer.copyWithin(0, count, length);
    length -= count;
    [at, isData] = [2, false];
  };
  const give = (end: number): void => onJpeg(Buffer.from(buffer.subarray(0, end)));

  /** Not a JPEG, or one that is not whole: the next may begin anywhere behind its first marker. */
  const giveUp = (): void => {
    drop(2);
    isInside = false;
  };
  /** False: needs more bytes. */
  const enter = (): boolean => {
    const start = buffer.subarray(0, length).indexOf(SOI);
    drop(start >= 0 ? start : Math.max(0, length - SOI.length + 1));
    return (isInside = start >= 0);
  };
  /** Goes on to the next marker in compressed data; false: needs more bytes. */
  const passData = (): boolean => {
    const received = buffer.subarray(0, length);
    while (at < length) {
      const found = received.indexOf(0xff, at);
      at = found < 0 ? length : found;
      if (at + 1 >= length) return false;
      const marker = received[at + 1]!;
      if (marker === 0xff)
        at++; // a fill byte
      else if (marker === 0 || isStandalone(marker)) at += 2;
      else {
        isData = false;
        return true;
      }
    }
    return false;
  };
  /** Goes past one marker and its segment; false: needs more bytes. */
  const passMarker = (): boolean => {
    if (at + 4 > length) return isEnd();
    const [first, marker] = [buffer[at]!, buffer[at + 1]!];
    if (first !== 0xff || marker === 0) giveUp();
    else if (marker === 0xff) at++;
    else if (marker === JPEG.EOI) return isEnd();
    else if (marker === JPEG.SOI) cut(at);
    else if (isStandalone(marker)) at += 2;
    else {
      at += 2 + buffer.readUInt16BE(at + 2);
      isData = marker === SOS;
    }
    return true;
  };
  /** Gives the JPEG out if it ends here. */
  const isEnd = (): boolean => {
    if (at + 2 > length || buffer.readUInt16BE(at) !== EOI) return false;
    haveEnds = true;
    give(at + 2);
    drop(at + 2);
    isInside = false;
    return true;
  };
  /** A JPEG without an end, before the next one or the end of the stream. */
  const cut = (end: number): void => {
    if (!haveEnds) give(end);
    drop(end);
  };

  return {
    push(chunk) {
      if (length + chunk.length > buffer.length) {
        const larger = Buffer.allocUnsafe(2 * (length + chunk.length));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      buffer.set(chunk, length);
      length += chunk.length;
      while (!isInside ? enter() : isData ? passData() : passMarker());
      if (length > MAX_BYTES) giveUp();
    },
    end() {
      if (isInside && isData) cut(length);
      [length, isInside] = [0, false];
    },
  };
}

const SOI = Buffer.from([0xff, 0xd8, 0xff]);
const EOI = 0xff_d9;
const SOS = 0xda;
/** Markers without a segment, such as those that restart the decoder. */
const isStandalone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
