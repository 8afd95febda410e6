import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, type Owner, thisProcess } from './owner';

/** The end of the name of an unfinished file: it tells which process writes it. Another one each time. */
export async function partEnding(): Promise<string> {
  const own = await thisProcess();
  return `.${own.pid}-${own.start ?? 0}-${placeOf(own)}-${randomBytes(4).toString('hex')}.part`;
}

const ENDING = /\.(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}\.part$/;

/**
 * Deletes the unfinished files in `folder` whose process is gone: it has another start time, or there is none with its
 * number. That of another machine or container cannot be seen, and may still run. Never rejects.
 */
export async function sweepParts(folder: string): Promise<void> {
  const own = await thisProcess();
  const names = await readdir(folder).catch(() => []); // who writes there reports it
  for (const name of names) {
    const [, pid, start, place] = ENDING.exec(name) ?? [];
    if (pid === undefined || place !== placeOf(own)) continue;
    const owner = { ...own, pid: Number(pid), start: Number(start) };
    if ((await isRunning(owner, own)) === false)
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => {}); // another user's
  }
}

/** Where process numbers are those of `owner`. */
const placeOf = ({ boot, pidNamespace }: Owner): string =>
  createHash('sha256')
    .update(JSON.stringify([boot, pidNamespace]))
    .digest('hex')
    .slice(0, 8);
