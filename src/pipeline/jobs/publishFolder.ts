import { lstat, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sync } from '../../files/sync';
import { outputExists } from './outputTarget';

/** Errors: OUTPUT_EXISTS, unless `overwrite` allows to replace a folder that has the file `mark`. */
export async function checkFolder(target: string, overwrite: boolean, mark: string): Promise<void> {
  if (!(await lstat(target).catch(() => null))) return;
  const isOwn = await stat(join(target, mark)).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!overwrite || !isOwn) throw outputExists(target);
}

/** Moves a finished folder to its name, in one step. The one that it replaces goes to `aside`. */
export async function publishFolder(source: string, target: string, aside: string): Promise<void> {
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await sync(join(entry.parentPath, entry.name));
  const isReplaced = await rename(target, aside).then(
    () => true,
    () => false,
  );
  await rename(source, target).catch(async (cause: NodeJS.ErrnoException) => {
    if (isReplaced) await rename(aside, target);
    throw ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(cause.code ?? '') ? outputExists(target, cause) : cause;
  });
  await sync(dirname(target)).catch(() => {}); // not supported by every file system
}
