import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { hashFile } from '../../../../files/hashFile';
import type { SourceFile } from '../../../media/sourceFile';
import type { RecordedSource } from './record';

/** Reads all of a source: of a folder, its images in the order of their names. */
export async function recordedSource(
  { path, sequence }: Pick<SourceFile, 'path' | 'sequence'>,
  signal: AbortSignal,
): Promise<RecordedSource> {
  const name = basename(path);
  if (sequence === null) return { name, ...(await hashFile(path, signal)) };
  const list = createHash('sha256');
  let bytes = 0;
  for (const image of sequence.names) {
    const one = await hashFile(join(path, image), signal);
    list.update(`${one.sha256}  ${image}\n`);
    bytes += one.bytes;
  }
  return { name, bytes, sha256: list.digest('hex'), images: sequence.names.length };
}
