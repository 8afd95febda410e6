import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeOwnedFolder } from '../../src/pipeline/jobs/ownedFolder';
import type { LiveJob } from '../../src/settings/liveJob';

/** Stands in a job for a folder of its own, which it gets when it starts: equal settings make equal jobs. */
export const OWN_FOLDER = join(tmpdir(), 'remaster-folder-of-its-own');

/** Makes the folder of a job for HLS whose settings name none; null if it needs none. `removeOwnFolder` removes it. */
export const makeOwnFolder = async ({ target }: LiveJob): Promise<string | null> =>
  target.kind === 'hls' && target.folder === OWN_FOLDER ? makeOwnedFolder('live') : null;

/** The job with the folder that was made for it. */
export const inOwnFolder = (job: LiveJob, folder: string | null): LiveJob =>
  folder === null || job.target.kind !== 'hls' ? job : { ...job, target: { ...job.target, folder } };

/** Call it when nothing writes there any more. */
export async function removeOwnFolder(folder: string | null): Promise<void> {
  if (folder === null) return;
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {}); // files that stay take room, no more
}
