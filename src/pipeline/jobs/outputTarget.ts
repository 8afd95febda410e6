import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RemasterError } from '../../errors';
import { type ImageName, isImageFile } from '../../settings/imageOutput';
import { unwritable } from './outputErrors';

/** The file that gets the result: the absolute path, or where the link of that name leads. Errors: OUTPUT_UNWRITABLE. */
export async function targetOf(output: string): Promise<string> {
  const path = resolve(output);
  const found = await lstat(path).catch(() => null);
  if (!found?.isSymbolicLink()) return path;
  return realpath(path).catch((cause: unknown) => {
    throw new RemasterError('OUTPUT_UNWRITABLE', `${path} is a link to a file that cannot be reached.`, {
      remedy: 'Check that its disk is connected, or delete the link.',
      cause,
    });
  });
}

/**
 * Checks that a file can get the name `target`, or with `images` a folder of such images. `sources`: files the job reads.
 * Errors: OUTPUT_UNWRITABLE, OUTPUT_EXISTS.
 */
export async function checkTarget(
  target: string,
  overwrite: boolean,
  sources: readonly string[] = [],
  images: ImageName | null = null,
): Promise<void> {
  const folder = dirname(target);
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) {
    throw new RemasterError('OUTPUT_UNWRITABLE', `The folder ${folder} does not exist.`, {
      remedy: 'Create it, or choose another output.',
    });
  }
  const existing = await stat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unwritable(target, error); // the name is too long, for example
  });
  if (existing?.isDirectory() && images !== null) return checkFolder(target, overwrite, sources, images);
  if (existing?.isDirectory())
    throw new RemasterError('OUTPUT_UNWRITABLE', `${target} is a folder.`, {
      remedy: 'Enter the name of a file in it.',
    });
  if (!existing) return;
  if (images !== null)
    throw new RemasterError('OUTPUT_EXISTS', `${target} is a file, but the output is a folder of images.`, {
      remedy: 'Choose another name.',
    });
  for (const source of sources) if (await isSameFile(source, target)) throw outputIsSource(target, source);
  if (!overwrite) throw outputExists(target);
}

/** An empty folder is as good as none. With `overwrite`, one with nothing but images of such names is replaced. */
async function checkFolder(
  target: string,
  overwrite: boolean,
  sources: readonly string[],
  images: ImageName,
): Promise<void> {
  const files = await readdir(target).catch((error: unknown) => {
    throw unwritable(target, error);
  });
  if (files.length === 0) return;
  for (const source of sources) if (await isSameFile(source, target)) throw outputIsSource(target, source);
  if (!overwrite) throw outputExists(target);
  const other = files.find((file) => !isImageFile(images, file));
  if (other === undefined) return;
  throw new RemasterError(
    'OUTPUT_UNWRITABLE',
    `${target} has other files than images of this name, such as ${other}.`,
    {
      remedy: 'Choose a new folder: a folder is replaced as a whole.',
    },
  );
}

/** Also under two names: by links, or by capital letters on a file system that ignores them. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path, { bigint: true }).catch(() => null)));
  if (!one || !other) return false;
  if (one.ino !== 0n || other.ino !== 0n) return one.dev === other.dev && one.ino === other.ino;
  const [path, otherPath] = await Promise.all([realpath(a), realpath(b)]); // a network without numbers of files
  return path === otherPath;
}

export const outputExists = (target: string, cause?: unknown): RemasterError =>
  new RemasterError('OUTPUT_EXISTS', `${target} already exists.`, {
    remedy:
      'Choose another name, or replace it (--overwrite; If file exists in video out). A job that was interrupted has not ' +
      'written it yet, and continues without that (--resume, the default).',
    cause,
  });

const outputIsSource = (target: string, source: string): RemasterError =>
  new RemasterError('OUTPUT_EXISTS', `The output ${target} is the same file as the source ${source}.`, {
    remedy: 'Choose another name: a source is never overwritten.',
  });
