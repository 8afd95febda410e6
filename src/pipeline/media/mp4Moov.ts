import type { FileHandle } from 'node:fs/promises';
import { expectStructure, readAll } from './fileChange';

/** Where the `moov` box of an MP4 or MOV file is, the description of its tracks. Throws UnknownStructure without one. */
export async function findMoov(
  file: FileHandle,
  size: number,
): Promise<{ readonly start: number; readonly end: number }> {
  let found: { start: number; end: number } | null = null;
  for (let start = 0; start < size;) {
    const header = await readAll(file, start, Math.min(size, start + 16));
    const short = header.readUInt32BE(0);
    const end = start + (short === 1 ? Number(header.readBigUInt64BE(8)) : short);
    expectStructure(end >= start + (short === 1 ? 16 : 8) && end <= size, 'a box without its end');
    if (header.toString('latin1', 4, 8) === 'moov') {
      expectStructure(found === null && short !== 1, 'two moov boxes, or one of 4 GiB');
      found = { start, end };
    }
    start = end;
  }
  expectStructure(found !== null, 'no moov box');
  return found;
}

/**
 * The profile of Dolby Vision that a `moov` box names; null without. For the ffmpeg of 2018, which does not know it. The
 * configuration record (dvcC, dvvC, dvwC) begins with two bytes of version and seven bits of profile.
 */
export function dolbyVisionProfile(moov: Buffer): number | null {
  const at = ['dvcC', 'dvvC', 'dvwC'].map((type) => moov.indexOf(type, 0, 'latin1')).find((index) => index >= 0);
  return at === undefined || at + 7 > moov.length ? null : moov.readUInt8(at + 6) >> 1;
}
