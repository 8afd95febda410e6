import { link, open, rm } from 'node:fs/promises';

/**
 * Makes a file with this content, unless there is one, in one step: the complete file is written under the name `temporary`
 * first. Returns the time of the file system. Read the file to see whose it is: `link` on NFS may report EEXIST after it has
 * succeeded.
 */
export async function createOnce(path: string, content: string, temporary: string): Promise<number> {
  try {
    const now = await writeNew(temporary, content);
    await nameOnce(temporary, path, content);
    return now;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives `file`, which has this content, the name `path`, unless there is such a file. */
export async function nameOnce(file: string, path: string, content: string): Promise<void> {
  try {
    await link(file, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST', 'ENOENT')) return; // ENOENT: another process has cleared the folder
    await copyOnce(path, content);
  }
}

/** For file systems without hard links. */
async function copyOnce(path: string, content: string): Promise<void> {
  try {
    await writeNew(path, content);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** Returns the time of the new file. */
async function writeNew(path: string, content: string): Promise<number> {
  const file = await open(path, 'wx');
  try {
    try {
      await file.writeFile(content);
      await file.sync();
      return (await file.stat()).mtimeMs;
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');
