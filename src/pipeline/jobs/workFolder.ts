import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RemasterError } from '../../errors';
import { whyForeign } from '../../files/foreignFolder';
import { derivedName } from './derivedName';
import { type MadeSegment, noteOf } from './madeSegments';
import { hashesOf, type Segment } from './segment';
import { lockOutput, type OutputLock } from './outputLock';
import { unwritable } from './outputErrors';

/** The folder of the files of a job whose output is `target`: two outputs never share one. */
export const workFolder = (target: string): string =>
  join(dirname(resolve(target)), derivedName(basename(target), { before: '.', after: '.remaster' }));

/** Creates the folder and locks it. A folder that cannot be locked is left as it was found. */
export async function lockedFolder(folder: string, target: string, signal: AbortSignal): Promise<OutputLock> {
  const lock = async (): Promise<OutputLock> => {
    await mkdir(folder).catch(ignore('EEXIST'));
    await assertOwn(folder, target);
    return lockOutput(folder, target, signal);
  };
  try {
    return await lock().catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return lock(); // the job before has just removed the folder
      throw error;
    });
  } catch (cause) {
    await removeEmpty(folder);
    throw unwritable(target, cause);
  }
}

/** Throws OUTPUT_UNWRITABLE for a folder that another user has put there, or a link. */
export async function assertOwn(folder: string, target: string): Promise<void> {
  const why = await whyForeign(folder);
  if (why === null) return;
  throw new RemasterError('OUTPUT_UNWRITABLE', `Cannot write ${target}: its work folder ${folder} ${why}.`, {
    remedy: 'Delete it if it is not needed, or choose another name or folder.',
  });
}

export const removeEmpty = (folder: string): Promise<void> => rmdir(folder).catch(() => {}); // another job may use it by now

/** Deletes everything but the lock, the journal and `kept` segments with their notes. */
export async function clear(folder: string, kept: readonly (Segment | MadeSegment)[]): Promise<void> {
  const names = new Set(['lock', ...(kept.length > 0 ? ['journal.json'] : []), ...kept.flatMap(filesOf)]);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!names.has(name) && !(await isLockInUse(path))) await rm(path, { recursive: true, force: true });
  }
}

function filesOf(segment: Segment | MadeSegment): readonly string[] {
  const { file, hashBytes } = segment;
  return [
    file,
    ...(hashBytes === undefined ? [] : [hashesOf(file)]),
    ...('index' in segment ? [noteOf(segment.index)] : []),
  ];
}

/** Whether another process may be taking the lock with this file. One that died doing so leaves it behind. */
async function isLockInUse(path: string): Promise<boolean> {
  if (!basename(path).startsWith('lock.')) return false;
  const written = (await stat(path).catch(() => null))?.mtimeMs ?? 0;
  return Math.abs(Date.now() - written) < 60_000;
}

const ignore =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error;
  };
