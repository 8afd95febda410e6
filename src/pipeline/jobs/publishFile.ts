import { constants, copyFile, link, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { partEnding, sweepParts } from '../../files/partFile';
import { derivedName } from './derivedName';
import { sync } from '../../files/sync';
import { outputExists } from './outputTarget';

/** What a file replaces when it gets its name. */
export interface PublishOptions {
  readonly overwrite: boolean;
  /** A folder that the next job of this output looks into, for `removeClaim`. */
  readonly folder?: string;
}

/** Moves a finished file to its name, in one step. Without `overwrite` an existing file of that name stays. */
export async function publishFile(source: string, target: string, options: PublishOptions): Promise<void> {
  await sync(source);
  await place(source, target, options).catch(async (error: unknown) => {
    if (!hasCode(error, 'EXDEV')) throw error;
    await placeCopy(source, target, options);
  });
  await sync(dirname(target)).catch(() => {}); // not supported by every file system
}

async function place(source: string, target: string, { overwrite, folder }: PublishOptions): Promise<void> {
  if (overwrite) return rename(source, target);
  await link(source, target).catch(async (cause: unknown) => {
    if (hasCode(cause, 'EEXIST')) throw outputExists(target, cause);
    await claimAndRename(source, target, folder);
  });
}

/** For a work folder on another file system, a mount of its own: the whole file must be beside its name first. */
async function placeCopy(source: string, target: string, options: PublishOptions): Promise<void> {
  await sweepParts(dirname(target));
  const beside = join(
    dirname(target),
    derivedName(basename(target), { before: '.', after: '', extension: await partEnding() }),
  );
  try {
    await copyFile(source, beside, constants.COPYFILE_EXCL);
    await sync(beside);
    await place(beside, target, options);
  } finally {
    await rm(beside, { force: true });
  }
}

/**
 * For file systems without hard links, where `rename` would replace any file: an empty file takes the name first. A note
 * in `folder` says so until it is replaced.
 */
async function claimAndRename(source: string, target: string, folder: string | undefined): Promise<void> {
  if (folder !== undefined) await writeFile(join(folder, CLAIM), '');
  try {
    await writeFile(target, '', { flag: 'wx' });
    try {
      if (!(await isEmpty(target))) throw outputExists(target); // another program writes to it
      await rename(source, target);
    } catch (error) {
      if (await isEmpty(target)) await rm(target, { force: true });
      throw error;
    }
  } catch (error) {
    throw hasCode(error, 'EEXIST') ? outputExists(target, error) : error;
  } finally {
    if (folder !== undefined) await rm(join(folder, CLAIM), { force: true });
  }
}

const CLAIM = 'claim';

/** Whether a job that worked in `folder` may have left an empty file under the name of its output. */
export const hasClaim = (folder: string): Promise<boolean> =>
  stat(join(folder, CLAIM)).then(
    () => true,
    () => false,
  );

/** Deletes that empty file; one with content is of another program. */
export async function removeClaim(folder: string, target: string): Promise<void> {
  if (!(await hasClaim(folder))) return;
  if (await isEmpty(target)) await rm(target, { force: true });
  await rm(join(folder, CLAIM), { force: true });
}

const isEmpty = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.size === 0;

const hasCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;
