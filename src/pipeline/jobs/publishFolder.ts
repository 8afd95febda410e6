import { cp, lstat, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { partEnding, sweepParts } from '../../files/partFile';
import { sync } from '../../files/sync';
import { derivedName } from './derivedName';
import { outputExists } from './outputTarget';

/** What a folder replaces when it gets its name. */
export interface PublishFolderOptions {
  /** Rejects unless a folder may get the name: the target may have got files since the job began. */
  readonly check: () => Promise<void>;
  /** Where the folder that is replaced is until the new one has the name. */
  readonly aside: string;
}

/** Errors: OUTPUT_EXISTS, unless `overwrite` allows to replace a folder that has the file `mark`. */
export async function checkMarked(target: string, overwrite: boolean, mark: string): Promise<void> {
  if (!(await lstat(target).catch(() => null))) return;
  const isOwn = await stat(join(target, mark)).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!overwrite || !isOwn) throw outputExists(target);
}

/** Moves a finished folder to its name, in one step. If that fails, everything is as before. */
export async function publishFolder(source: string, target: string, options: PublishFolderOptions): Promise<void> {
  await place(source, target, options).catch(async (error: unknown) => {
    if (!hasCode(error, 'EXDEV')) throw error;
    await placeCopy(source, target, options);
  });
  await sync(dirname(target)).catch(() => {}); // not supported by every file system
}

async function place(source: string, target: string, { check, aside }: PublishFolderOptions): Promise<void> {
  await flush(source);
  await check();
  await rmdir(target).catch(() => {}); // an empty one is as good as none
  const isReplaced = await rename(target, aside).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    },
  );
  await rename(source, target).catch(async (cause: NodeJS.ErrnoException) => {
    if (isReplaced) await rename(aside, target);
    throw TAKEN.includes(cause.code ?? '') ? outputExists(target, cause) : cause;
  });
  if (isReplaced) await rm(aside, { recursive: true, force: true });
}

const TAKEN = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'];

async function flush(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await sync(join(entry.parentPath, entry.name));
  await sync(folder).catch(() => {}); // not supported by every file system
}

/** For a work folder on another file system, a mount of its own: the whole folder must be beside its name first. */
async function placeCopy(source: string, target: string, { check }: PublishFolderOptions): Promise<void> {
  await sweepParts(dirname(target));
  const beside = async (after: string): Promise<string> =>
    join(dirname(target), derivedName(basename(target), { before: '.', after, extension: await partEnding() }));
  const copy = await beside('');
  try {
    await cp(source, copy, { recursive: true, errorOnExist: true });
    await place(copy, target, { check, aside: await beside('.old') });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

const hasCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;
