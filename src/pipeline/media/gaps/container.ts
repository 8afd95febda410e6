import { open } from 'node:fs/promises';
import type { SourceFile } from '../sourceFile';

/** What holds a video, by its first bytes; `other` where that decides nothing. */
export type Container =
  'transport stream' | 'program stream' | 'MP4' | 'Matroska' | 'RIFF' | 'ASF' | 'MXF' | 'Ogg' | 'other';

/** Containers with a list of all frames and their times. */
export const INDEXED: ReadonlySet<Container> = new Set(['MP4', 'Matroska']);

const HEAD = 1024; // bytes

export async function containerOf({ path, sequence }: Pick<SourceFile, 'path' | 'sequence'>): Promise<Container> {
  if (sequence !== null) return 'other';
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return containerIn(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function containerIn(head: Buffer): Container {
  const start = head.toString('hex', 0, 16);
  const type = head.toString('latin1', 4, 8);
  if (start.startsWith('1a45dfa3')) return 'Matroska';
  if (/^(ftyp|moov|mdat|wide|free|skip|pnot)$/.test(type)) return 'MP4';
  if (start.startsWith('52494646')) return 'RIFF';
  if (start.startsWith('4f676753')) return 'Ogg';
  if (start === '3026b2758e66cf11a6d900aa0062ce6c') return 'ASF';
  if (start.startsWith('060e2b34020501010d010201')) return 'MXF';
  if (start.startsWith('000001ba')) return 'program stream';
  return packetSize(head) === null ? 'other' : 'transport stream';
}

/** Bytes of a packet of a transport stream: 188, 192 with the time of arrival, 204 with a checksum; null: it is none. */
export function packetSize(head: Buffer): number | null {
  const isPacketed = (size: number): boolean =>
    Array.from({ length: size }, (_, at) => at).some((at) =>
      [0, 1, 2, 3].every((packet) => head[at + packet * size] === SYNC),
    );
  return [188, 192, 204].find(isPacketed) ?? null;
}

/** The first byte of a packet. */
export const SYNC = 0x47;
