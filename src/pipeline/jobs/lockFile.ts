import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { createOnce, hasCode, nameOnce } from '../../files/createOnce';
import { type LockHolder, parseHolder } from './lockHolder';

export interface FoundLock {
  readonly content: string;
  /** Null if the content is not that of a lock: version 0.1, a full disk or a power cut left it. */
  readonly holder: LockHolder | null;
  /** When the holder last wrote to it, by the clock of the file system. */
  readonly mtimeMs: number;
}

/** Makes the lock, unless there is one. Returns the time of the file system. Read the lock to see who holds it. */
export async function createLock(path: string, holder: LockHolder): Promise<number> {
  return createOnce(path, JSON.stringify(holder), `${path}.${holder.token}`);
}

/** Null when there is none. It is opened each time, because NFS shows the changes of other hosts only then. */
export async function readLock(path: string): Promise<FoundLock | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { mtimeMs } = await file.stat();
      const content = await file.readFile('utf8');
      return { content, holder: parseHolder(content), mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESTALE')) return null;
    throw error;
  }
}

/** Moves the lock away, and back if it is not `stale`: another process was faster and has made its own. */
export async function removeStaleLock(path: string, stale: FoundLock): Promise<void> {
  if ((await readLock(path))?.content !== stale.content) return; // so that it seldom moves a live one
  const moved = `${path}.${randomUUID()}`;
  try {
    await rename(path, moved);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const found = await readLock(moved);
  // If there is a third one by now, the moved lock is lost. `assertHeld` notifies its holder.
  if (found !== null && found.content !== stale.content) await nameOnce(moved, path, found.content);
  await rm(moved, { force: true });
}

export async function removeOwnLock(path: string, own: LockHolder): Promise<void> {
  const found = await readLock(path);
  if (found?.holder?.token === own.token) await rm(path, { force: true });
}
