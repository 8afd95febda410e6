import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it; by default for this user only. Node's recursive mkdir never ends where a file system
 * answers “no such file” for a folder whose parent exists, as stale mounts, autofs and /proc do.
 */
export async function makeFolder(folder: string, mode = 0o700): Promise<void> {
  const make = (): Promise<void> => mkdir(folder, { mode });
  try {
    await make().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || dirname(folder) === folder) throw error;
      await makeFolder(dirname(folder), mode);
      await make();
    });
  } catch (error) {
    // Another process may have made it, or it is a file, which no entry can be written into.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
