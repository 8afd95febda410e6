import { statfs } from 'node:fs/promises';

/** Bytes that are free in the file system of `folder`; null where it does not say: some networks report 0 of 0. */
export async function freeBytes(folder: string): Promise<number | null> {
  const found = await statfs(folder).catch(() => null);
  if (found === null) return null;
  const { blocks, bavail, bsize } = found;
  return bavail > 0 && bavail <= blocks && bsize > 0 ? bavail * bsize : null;
}
