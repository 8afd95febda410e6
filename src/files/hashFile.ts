import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The content of a file, by its size and its hash. */
export interface FileHash {
  readonly bytes: number;
  readonly sha256: string;
}

export async function hashFile(path: string, signal: AbortSignal): Promise<FileHash> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
