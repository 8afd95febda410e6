import { cp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { partEnding, sweepParts } from '../../files/partFile';
import type { ImageName } from '../../settings/imageOutput';
import { derivedName } from './derivedName';
import { sync } from './journal';
import { checkTarget, outputExists } from './outputTarget';

/** What a folder replaces when it gets its name. */
export interface PublishFolderOptions {
  readonly overwrite: boolean;
  readonly images: ImageName;
  /** Where the images that are replaced are until the new ones have the name. */
  readonly aside: string;
}

/** Moves a finished folder of images to its name, in one step. With `overwrite` it replaces images of such names, and nothing else. */
export async function publishFolder(source: string, target: string, options: PublishFolderOptions): Promise<void> {
  await sync(source).catch(() => {}); // not supported by every file system; its files are flushed
  await place(source, target, options).catch(async (error: unknown) => {
    if (!hasCode(error, 'EXDEV')) throw error;
    await placeCopy(source, target, options);
  });
  await sync(dirname(target)).catch(() => {});
}

async function place(source: string, target: string, { overwrite, images, aside }: PublishFolderOptions): Promise<void> {
  await checkTarget(target, overwrite, [], images); // it may have got files since the job began
  const old = await readdir(target).catch(() => null);
  if (old === null || old.length === 0) {
    if (old !== null) await rmdir(target);
    return rename(source, target).catch(asExisting(target));
  }
  await rename(target, aside);
  try {
    await rename(source, target);
  } catch (error) {
    await rename(aside, target);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

/** For a work folder on another file system, a mount of its own: all images must be beside the name first. */
async function placeCopy(source: string, target: string, options: PublishFolderOptions): Promise<void> {
  await sweepParts(dirname(target));
  const name = derivedName(basename(target), { before: '.', after: '', extension: await partEnding() });
  const beside = join(dirname(target), name);
  const aside = `${beside}.old`;
  try {
    await cp(source, beside, { recursive: true, errorOnExist: true });
    await place(beside, target, { ...options, aside });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

const asExisting =
  (target: string) =>
  (error: unknown): never => {
    throw ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].some((code) => hasCode(error, code)) ? outputExists(target, error) : error;
  };

const hasCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;
