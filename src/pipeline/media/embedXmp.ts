import { type FileHandle, open } from 'node:fs/promises';
import { applyChange, expectStructure, type FileChange, readAll, UnknownStructure } from './fileChange';
import { findMoov } from './mp4Moov';
import { boxesIn, boxOf, childOf, rebuild } from './mp4Tree';

/** The box of XMP in an MP4 file (ISO 16684-3, 1.3.7): `uuid` and this number, at the top level. */
const XMP_UUID = Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex');

/** The packet that surrounds XMP in files, so that a program finds it without knowing the format. */
const packet = (xmp: string): Buffer =>
  Buffer.from(`<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>${xmp}<?xpacket end="w"?>`);

/**
 * Adds XMP to a finished MP4 or QuickTime file. The file is changed in place, behind all it refers to; its caller syncs
 * it.
 */
export async function embedXmp(path: string, container: 'mp4' | 'mov', xmp: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const inMoov = container === 'mov' ? await inUserData(file, size, xmp) : null;
    await applyChange(file, inMoov ?? atEnd(size, xmp));
  } finally {
    await file.close();
  }
}

const atEnd = (size: number, xmp: string): FileChange => ({
  moves: [],
  writes: [{ at: size, bytes: boxOf('uuid', XMP_UUID, packet(xmp)) }],
});

/** In `moov/udta/XMP_`, where QuickTime has it; null where `moov` cannot grow, because another box follows it. */
async function inUserData(file: FileHandle, size: number, xmp: string): Promise<FileChange | null> {
  try {
    const { start, end } = await findMoov(file, size);
    expectStructure(end === size, 'moov cannot grow');
    return { moves: [], writes: [{ at: start, bytes: withUserData(await readAll(file, start, end), xmp) }] };
  } catch (error) {
    if (error instanceof UnknownStructure || error instanceof RangeError) return null;
    throw error;
  }
}

function withUserData(moov: Buffer, xmp: string): Buffer {
  const root = boxesIn(moov, 0, moov.length)[0]!;
  const box = boxOf('XMP_', packet(xmp));
  const userData = childOf(moov, root, 'udta');
  if (!userData) return boxOf('moov', moov.subarray(root.content, root.end), boxOf('udta', box));
  const known = boxesIn(moov, userData.content, userData.end).filter(({ type }) => type !== 'XMP_');
  const content = known.map(({ start, end }) => moov.subarray(start, end));
  return rebuild(moov, root, new Map([[userData.start, boxOf('udta', ...content, box)]]));
}
