import { expectStructure } from './fileChange';
import { type Box, boxOf } from './mp4Tree';

/**
 * The layout of mvhd, tkhd and mdhd (ISO/IEC 14496-12, 8.2.2, 8.3.2, 8.4.2): version and flags, two dates, `WORDS`
 * four-byte fields, the duration, and fields that do not depend on the version. Dates and duration have four bytes in
 * version 0 and eight in version 1.
 */
const WORDS: Readonly<Record<string, number>> = { mvhd: 1, mdhd: 1, tkhd: 2 };

/** Ticks per second of an mvhd or mdhd box. */
export function timescaleOf(moov: Buffer, box: Box): number {
  const scale = moov.readUInt32BE(box.content + 4 + 2 * timeBytes(moov, box));
  expectStructure(scale > 0, 'a time scale of 0');
  return scale;
}

/** The duration in an mvhd, tkhd or mdhd box, in ticks of its time scale. */
export function durationOf(moov: Buffer, box: Box): number {
  return readTime(moov, durationAt(moov, box), timeBytes(moov, box));
}

/** The box with another duration; in version 1 where version 0 cannot hold it. */
export function headerWithDuration(moov: Buffer, box: Box, duration: number): Buffer {
  const old = timeBytes(moov, box);
  const at = durationAt(moov, box);
  const bytes = duration <= LIMIT ? old : 8;
  const dates = box.content + 4;
  return boxOf(
    box.type,
    versionAndFlags(moov, box, bytes),
    time(readTime(moov, dates, old), bytes),
    time(readTime(moov, dates + old, old), bytes),
    moov.subarray(dates + 2 * old, at),
    time(duration, bytes),
    moov.subarray(at + old, box.end),
  );
}

/** An entry of an edit list. */
export interface Edit {
  readonly index: number;
  /** In ticks of the movie. */
  readonly duration: number;
  /** In ticks of the track. */
  readonly mediaTime: number;
  /** Empty time before it, in ticks of the movie. */
  readonly delay: number;
}

/** The one entry of an elst box (8.6.6) that shows the track; an empty entry before it delays the track. */
export function lastEdit(moov: Buffer, elst: Box): Edit {
  const bytes = timeBytes(moov, elst);
  const count = moov.readUInt32BE(elst.content + 4);
  expectStructure(elst.content + 8 + count * (2 * bytes + 4) === elst.end, 'an edit list of another length');
  const all = Array.from({ length: count }, (_, index) => {
    const at = elst.content + 8 + index * (2 * bytes + 4);
    const mediaTime = bytes === 8 ? Number(moov.readBigInt64BE(at + 8)) : moov.readInt32BE(at + 4);
    expectStructure(moov.readUInt32BE(at + 2 * bytes) === 0x10000, 'an edit at another speed');
    return { index, duration: readTime(moov, at, bytes), mediaTime };
  });
  const edits = all.filter(({ mediaTime }) => mediaTime !== -1);
  expectStructure(edits.length === 1 && edits[0]!.index === count - 1, 'an edit list of several parts');
  return { ...edits[0]!, delay: all.slice(0, -1).reduce((sum, { duration }) => sum + duration, 0) };
}

/** The elst box with another duration of the entry. */
export function editWithDuration(moov: Buffer, elst: Box, edit: Edit, duration: number): Buffer {
  const old = timeBytes(moov, elst);
  const bytes = duration <= LIMIT ? old : 8;
  const parts = [versionAndFlags(moov, elst, bytes), moov.subarray(elst.content + 4, elst.content + 8)];
  for (let index = 0; index <= edit.index; index++) {
    const at = elst.content + 8 + index * (2 * old + 4);
    const media = index === edit.index ? edit.mediaTime : -1;
    parts.push(time(index === edit.index ? duration : readTime(moov, at, old), bytes));
    parts.push(time(media, bytes), moov.subarray(at + 2 * old, at + 2 * old + 4));
  }
  return boxOf('elst', ...parts);
}

/** Of a duration in version 0: ffmpeg writes version 1 above, because some readers take the field as signed. */
const LIMIT = 0x7fffffff;

/** All bits set stands for an unknown duration. */
const UNKNOWN = 0xffffffff;

const durationAt = (moov: Buffer, box: Box): number =>
  box.content + 4 + 2 * timeBytes(moov, box) + 4 * WORDS[box.type]!;

function timeBytes(moov: Buffer, box: Box): 4 | 8 {
  const version = moov.readUInt8(box.content);
  expectStructure(version <= 1, 'a version above 1');
  return version === 1 ? 8 : 4;
}

function versionAndFlags(moov: Buffer, box: Box, bytes: 4 | 8): Buffer {
  const copy = Buffer.from(moov.subarray(box.content, box.content + 4));
  copy.writeUInt8(bytes === 8 ? 1 : 0);
  return copy;
}

function readTime(moov: Buffer, at: number, bytes: 4 | 8): number {
  const value = bytes === 8 ? Number(moov.readBigUInt64BE(at)) : moov.readUInt32BE(at);
  expectStructure(Number.isSafeInteger(value) && (bytes === 8 || value !== UNKNOWN), 'an unknown duration');
  return value;
}

function time(value: number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer.subarray(8 - bytes);
}
