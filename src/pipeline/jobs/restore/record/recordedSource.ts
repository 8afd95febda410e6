import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { type FileHash, hashFile } from '../../../../files/hashFile';
import type { SourceFile } from '../../../media/sourceFile';
import type { RecordedSource } from './record';

/** A file, or an image of a folder. */
export interface HashedFile extends FileHash {
  readonly path: string;
}

type Files = Pick<SourceFile, 'path' | 'sequence'>;

/** Reads all of a source: of a folder, its images in the order of their names. */
export async function recordedSource(source: Files, signal: AbortSignal): Promise<RecordedSource> {
  return recordOf(source, await hashFiles(source, signal));
}

export async function hashFiles({ path, sequence }: Files, signal: AbortSignal): Promise<readonly HashedFile[]> {
  const paths = sequence === null ? [path] : sequence.names.map((image) => join(path, image));
  const files: HashedFile[] = [];
  for (const one of paths) files.push({ path: one, ...(await hashFile(one, signal)) });
  return files;
}

export function recordOf({ path, sequence }: Files, files: readonly HashedFile[]): RecordedSource {
  const name = basename(path);
  const [{ bytes, sha256 }] = files as readonly [HashedFile];
  if (sequence === null) return { name, bytes, sha256 };
  const list = createHash('sha256');
  for (const image of files) list.update(`${image.sha256}  ${basename(image.path)}\n`);
  const all = files.reduce((sum, image) => sum + image.bytes, 0);
  return { name, bytes: all, sha256: list.digest('hex'), images: files.length };
}
