import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { SourceFile } from './sourceFile';

const BLOCK = 65_536; // bytes
/** Files up to this size are hashed whole: 64 MiB. */
const BLOCKS = 1024;
/** Images of a folder whose content is hashed; of the others, name and size. */
const IMAGES = 256;

/**
 * A hash of the size and the content of a file or of a folder of images: equal for a copy, whatever its path and time.
 * Of more than 64 MiB, 1024 evenly spread blocks of 64 KiB are read, with the first and the last.
 */
export async function sourceIdentity({ path, sequence }: SourceFile): Promise<string> {
  const hash = createHash('sha256');
  if (sequence) await hashImages(hash, path, sequence.extensions);
  else await hashFile(hash, path);
  return hash.digest('hex');
}

async function hashImages(hash: Hash, folder: string, extensions: readonly string[]): Promise<void> {
  const isImage = (name: string): boolean => extensions.includes(extname(name)) && !name.startsWith('.');
  const names = (await readdir(folder)).filter(isImage).toSorted();
  const step = names.length / IMAGES;
  let next = 0;
  for (const [i, name] of names.entries()) {
    hash.update(`${name}\0`);
    if (i < next) hash.update(`${(await stat(join(folder, name))).size}\0`);
    else {
      await hashFile(hash, join(folder, name));
      next += step;
    }
  }
}

async function hashFile(hash: Hash, path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    hash.update(`${size}\0`);
    const blocks = Math.min(BLOCKS, Math.ceil(size / BLOCK));
    const step = (size - BLOCK) / Math.max(1, blocks - 1);
    for (let i = 0; i < blocks; i++) hash.update(await readAt(file, Math.round(i * step)));
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK), 0, BLOCK, position);
  return buffer.subarray(0, bytesRead);
}
