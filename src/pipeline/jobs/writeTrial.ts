import { randomBytes, randomUUID } from 'node:crypto';
import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RemasterError } from '../../errors';

/** Bytes of a trial: more than one buffer of ffmpeg (32 KiB), which has found no space before. */
const TRIAL_BYTES = 65_536;

/**
 * Writes a small file in `folder` and flushes it. Rejects with the error of the system: ENOSPC or EDQUOT when nothing
 * more fits, ENOENT when the folder is gone.
 */
export async function tryWriting(folder: string): Promise<void> {
  const path = join(folder, `.remaster.${randomUUID()}`);
  try {
    await writeFile(path, randomBytes(TRIAL_BYTES), { flush: true }); // random: some file systems compress
  } finally {
    await rm(path, { force: true });
  }
}

/** Writes more to the end of an unfinished file. Rejects with EFBIG where the file system allows no larger one. */
export async function tryGrowing(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    await file.write(new Uint8Array(1), 0, 1, size);
  } finally {
    await file.close();
  }
}

/**
 * Creates a file with the name of the output in `folder`, on the same file system, and deletes it. Rejects with the error
 * of the system when the name is not allowed there; with OUTPUT_UNWRITABLE when it becomes another one, as `CON.mkv` on
 * Windows does.
 */
export async function tryName(folder: string, target: string): Promise<void> {
  const name = basename(target);
  const path = join(folder, name);
  await (await open(path, 'wx')).close();
  const found = (await readdir(folder)).map(plain);
  await rm(path, { force: true });
  if (found.includes(plain(name))) return;
  throw new RemasterError('OUTPUT_UNWRITABLE', `Cannot write ${target}: the file system does not keep this name.`, {
    remedy: 'Choose a name of letters and digits.',
  });
}

/** Names that some file systems take for the same. */
const plain = (name: string): string => Buffer.from(name).toString().normalize('NFC').toLowerCase();
