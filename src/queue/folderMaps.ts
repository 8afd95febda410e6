import { isAbsolute, join, posix, win32 } from 'node:path';
import { RemasterError } from '../errors';
import { hasPlaylistName, isAddress, isPlaylist, pathWithin } from '../files/allowedPath';
import { workFolder } from '../pipeline/jobs/workFolder';
import { checkJob, type Job } from '../settings/restoreJob';
import type { Run } from './payloads';

/** A shared folder: its path on the machine that gives the jobs, and here. A worker touches no file outside of them. */
export interface FolderMap {
  readonly theirs: string;
  readonly ours: string;
}

/** Parses `/server/path=/local/path`, or one path that is the same on both. Throws BAD_SETTING. */
export function parseMap(text: string): FolderMap {
  const [theirs = '', ours = theirs, more] = text.split('=');
  const isTheirs = posix.isAbsolute(theirs) || win32.isAbsolute(theirs);
  if (more !== undefined || !isTheirs || !isAbsolute(ours) || text.includes('\0')) {
    throw new RemasterError('BAD_SETTING', `--map ${text} is not two absolute paths with = between them.`, {
      remedy:
        'Write the path of the shared folder as the job names it, then as this machine does: /videos=/mnt/nas/videos.',
    });
  }
  return { theirs, ours };
}

/** A job with the paths of this machine, and its work folder. Errors: PATH_NOT_ALLOWED, BAD_SETTING. */
export async function localRun(run: Run, maps: readonly FolderMap[]): Promise<Run> {
  const input = await sourcePath(run.job.input, maps);
  const mask = run.job.mask === null ? null : await sourcePath(run.job.mask, maps);
  const output = await within(mapped(run.job.output, maps), run.job.output, maps);
  const job: Job = checkJob({ ...run.job, input, mask, output, queue: null, mixed: false });
  const folder = await within(mapped(run.folder, maps), run.folder, maps);
  if (folder !== workFolder(output)) throw refused(run.folder, 'is not the work folder of the output');
  return { ...run, job, folder };
}

/** Null where it is outside of all folders. */
export function mappedPath(path: string, maps: readonly FolderMap[]): string | null {
  const slashes = (text: string): string => text.replaceAll('\\', '/').replace(/\/+$/, '');
  for (const { theirs, ours } of maps) {
    const isWindows = !posix.isAbsolute(theirs);
    const [folder, file] = isWindows ? [slashes(theirs), slashes(path)] : [theirs.replace(/\/+$/, ''), path];
    if (file.startsWith(`${folder}/`)) return join(ours, file.slice(folder.length + 1));
  }
  return null;
}

function mapped(path: string, maps: readonly FolderMap[]): string {
  if (isAddress(path) && !win32.isAbsolute(path)) throw refused(path, 'is an address, not a file');
  const found = mappedPath(path, maps);
  if (found === null) throw refused(path, 'is in none of the folders of --map');
  return found;
}

async function sourcePath(path: string, maps: readonly FolderMap[]): Promise<string> {
  const real = await within(mapped(path, maps), path, maps);
  if (hasPlaylistName(real) || (await isPlaylist(real))) throw refused(path, 'is a playlist, not a video');
  return real;
}

async function within(local: string, path: string, maps: readonly FolderMap[]): Promise<string> {
  const ours = maps.map((map) => map.ours);
  const real = await pathWithin(local, ours).catch(() => null);
  if (real === null) throw refused(path, 'leads out of the folders of --map');
  return real;
}

const refused = (path: string, why: string): RemasterError =>
  new RemasterError('PATH_NOT_ALLOWED', `${path} ${why}.`, {
    remedy: 'Start the worker with --map for each shared folder: --map /their/path=/path/here.',
  });
