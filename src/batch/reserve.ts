import { randomBytes } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { RemasterError } from '../errors';

/** Bytes that are kept, for the journal and the reports of a batch that has filled the disk. */
const RESERVE = 512 * 1024;

/** Writes, and once more with the reserve given up when there is no space left. */
export type Reserve = <T>(write: () => Promise<T>) => Promise<T>;

/** `path`: the file that keeps the space. */
export async function openReserve(path: string): Promise<Reserve> {
  const release = (): Promise<void> => rm(path, { force: true });
  const found = await stat(path).catch(() => null);
  // Random, because some file systems compress. It is a precaution: on a full disk there is none.
  if (found?.size !== RESERVE) await writeFile(path, randomBytes(RESERVE)).catch(release);
  return async (write) => {
    try {
      return await write();
    } catch (error) {
      if (!isFull(error)) throw error;
      await release();
      return await write();
    }
  };
}

function isFull(error: unknown): boolean {
  const code = error instanceof RemasterError ? error.code : (error as NodeJS.ErrnoException).code;
  return ['DISK_FULL', 'ENOSPC', 'EDQUOT'].includes(code ?? '');
}
