import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyForeign } from '../../files/foreignFolder';
import { isRunning } from '../../files/owner';
import { newHolder, parseHolder } from './lockHolder';

const KINDS = ['live', 'still', 'try', 'time'] as const;
const NAME = new RegExp(`^remaster-(${KINDS.join('|')})-\\w{6}$`);
/** Names the process that made the folder. */
const OWNER = 'owner.json';

/** A new temporary folder of this process, which deletes it. If it is killed, `sweepFolders` of the next one does. */
export async function makeOwnedFolder(kind: (typeof KINDS)[number]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `remaster-${kind}-`));
  await writeFile(join(folder, OWNER), JSON.stringify(await newHolder()));
  return folder;
}

/**
 * Deletes the temporary folders whose process is gone: it has another start time, or there is none with its number. One
 * that cannot be seen from here, in another container or where there is no /proc, may still run.
 */
export async function sweepFolders(): Promise<void> {
  const own = await newHolder();
  for (const name of (await readdir(tmpdir())).filter((one) => NAME.test(one))) {
    const folder = join(tmpdir(), name);
    if ((await whyForeign(folder).catch(() => 'is gone')) !== null) continue; // no other user decides what this process deletes
    const text = await readFile(join(folder, OWNER), 'utf8').catch(() => ''); // another user's, or of an older version
    const owner = parseHolder(text);
    if (owner && (await isRunning(owner, own)) === false) await rm(folder, { recursive: true, force: true });
  }
}
