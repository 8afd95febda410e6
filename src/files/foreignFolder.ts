import type { Stats } from 'node:fs';
import { lstat, mkdtemp, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Why this process must not work in `folder`, which exists; null if it may. Who owns a folder can replace every file in
 * it, and a link leads to where another user wants files written or deleted.
 */
export async function whyForeign(folder: string): Promise<string | null> {
  const found = await lstat(folder);
  if (found.isSymbolicLink()) return 'is a link to another place';
  if (!found.isDirectory()) return 'is not a folder';
  return (await isTrusted(found, folder)) ? null : `belongs to another user (number ${found.uid})`;
}

/** Whether it belongs to the user of this process or to root. Windows has no numbers of users. */
async function isTrusted({ uid }: Stats, folder: string): Promise<boolean> {
  const user = process.getuid?.();
  return user === undefined || uid === user || uid === 0 || uid === (await ownerOfNew(dirname(folder)));
}

/** The user that a new folder belongs to there: file systems of a network or of Windows may say that it is another one. */
async function ownerOfNew(parent: string): Promise<number | null> {
  try {
    const folder = await mkdtemp(join(parent, '.remaster-'));
    const { uid } = await lstat(folder);
    await rmdir(folder);
    return uid;
  } catch {
    return null; // nothing can be made there
  }
}
