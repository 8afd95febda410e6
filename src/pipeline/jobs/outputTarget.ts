import { link, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RemasterError } from '../../errors';
import { diskFull } from '../media/runFfmpeg';
import { sync } from './journal';

/** Checks that a file can get the name `target`. Errors: OUTPUT_UNWRITABLE, OUTPUT_EXISTS. */
export async function checkTarget(target: string, overwrite: boolean): Promise<void> {
  const folder = dirname(target);
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) {
    throw new RemasterError('OUTPUT_UNWRITABLE', `The folder ${folder} does not exist.`, {
      remedy: 'Create it, or choose another output.',
    });
  }
  const existing = await stat(target).catch(() => null);
  if (existing?.isDirectory())
    throw new RemasterError('OUTPUT_UNWRITABLE', `${target} is a folder.`, {
      remedy: 'Enter the name of a file in it.',
    });
  if (existing && !overwrite) throw outputExists(target);
}

const outputExists = (target: string, cause?: unknown) =>
  new RemasterError('OUTPUT_EXISTS', `${target} already exists.`, {
    remedy: 'Choose another name, or allow overwriting.',
    cause,
  });

/** Moves a finished file to its name, in one step. Without `overwrite` an existing file of that name stays. */
export async function publishFile(source: string, target: string, overwrite: boolean): Promise<void> {
  await sync(source);
  if (overwrite) await rename(source, target);
  else await link(source, target).catch((cause: NodeJS.ErrnoException) => linkFailed(cause, source, target));
  await sync(dirname(target)).catch(() => {}); // not supported by every file system
}

/** For file systems without hard links: create the file first, then rename over it. */
async function linkFailed(cause: NodeJS.ErrnoException, source: string, name: string): Promise<void> {
  if (cause.code === 'EEXIST') throw outputExists(name, cause);
  const claim = await open(name, 'wx').catch((error: unknown) => {
    throw outputExists(name, error);
  });
  await claim.close();
  await rename(source, name);
}

/** Converts an error of the file system into a `RemasterError`. */
export function unwritable(target: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (cause instanceof RemasterError || code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(message);
  return new RemasterError('OUTPUT_UNWRITABLE', `Cannot write ${target}: ${message}.`, {
    remedy: 'Check the permissions and the free space of its folder.',
    cause,
  });
}
