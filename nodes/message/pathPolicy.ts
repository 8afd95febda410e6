import { open, readlink, realpath, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import { RemasterError } from '../../src/errors';
import { show } from './planFields';

/** Who wrote a path: the author of the flow, or anyone who can send a message. */
export type Origin = 'config' | 'message';

export interface PathRules {
  /** Relative paths start here. */
  readonly base: string;
  /** Paths from messages must lie in one of these. */
  readonly folders: readonly string[];
  /** Name of the setting that lists the folders, for the error. */
  readonly setting: string;
}

/**
 * The path rules in settings.js. Without the setting, messages may name files in the working folder, the user directory,
 * the home folder and the system's temp folder.
 */
export function pathRules(
  settings: object,
  setting: 'remasterInAllowedFolders' | 'remasterOutAllowedFolders',
): PathRules {
  const { fileWorkingDirectory, userDir, [setting]: listed } = settings as Readonly<Record<string, unknown>>;
  const base =
    typeof fileWorkingDirectory === 'string' && fileWorkingDirectory !== '' ? fileWorkingDirectory : process.cwd();
  if (listed === undefined || listed === null) {
    const folders = [fileWorkingDirectory, userDir, homedir(), tmpdir()]
      .filter((folder): folder is string => typeof folder === 'string' && folder !== '')
      .map((folder) => resolve(folder))
      // a service account's home may be `/`, which would allow everything
      .filter((folder) => folder !== parse(folder).root);
    return { base, folders, setting };
  }
  if (!Array.isArray(listed) || listed.some((folder) => typeof folder !== 'string')) {
    throw new RemasterError('BAD_SETTING', `${setting} in settings.js is not an array of folders.`, {
      remedy: `Write it as ${setting}: ['/srv/videos'].`,
    });
  }
  return { base, folders: listed.map((folder: string) => resolve(base, folder)), setting };
}

/** The absolute path of a video that may be read, or PATH_NOT_ALLOWED. */
export async function allowedSource(path: unknown, origin: Origin, rules: PathRules): Promise<string> {
  const absolute = plainPath(path, rules);
  if (origin === 'config') return absolute;
  if (PLAYLISTS.has(extname(absolute).toLowerCase())) {
    throw refused(
      `${show(basename(absolute))} is a playlist: it can name other files and addresses.`,
      'Name the video itself.',
    );
  }
  const real = await within(absolute, rules);
  if (await isPlaylist(real)) {
    throw refused(
      `${show(basename(absolute))} contains a playlist, not a video: it can name other files and addresses.`,
      'Name the video itself.',
    );
  }
  return real;
}

/** The absolute path of a file that may be written, or PATH_NOT_ALLOWED. */
export async function allowedTarget(path: unknown, origin: Origin, rules: PathRules): Promise<string> {
  const absolute = plainPath(path, rules);
  return origin === 'config' ? absolute : within(absolute, rules);
}

/** `concat:a|b`, `http://…`, `pipe:0`, `subfile,,start,0,:x`; not `C:\video.mp4`. */
const PROTOCOL = /^[a-z][a-z0-9+.-]+(,[^/\\]*)?:/i;
const PLAYLISTS = new Set([
  '.m3u',
  '.m3u8',
  '.ffconcat',
  '.concat',
  '.txt',
  '.pls',
  '.mpd',
  '.sdp',
  '.xspf',
  '.ism',
  '.asx',
  '.cue',
]);
const PLAYLIST_HEADS = ['#extm3u', 'ffconcat', '[playlist]', 'v=0', '<?xml', '<mpd', '<asx', "file '", 'file "'];

function plainPath(path: unknown, { base }: PathRules): string {
  if (typeof path !== 'string' || path.trim() === '') {
    throw new RemasterError('BAD_SETTING', `The path of the file is ${path === '' ? 'empty' : show(path)}.`, {
      remedy: 'Set it in the node, or send it in msg.filename.',
    });
  }
  if (path.includes('\0')) throw refused('The path contains a NUL character.');
  if (PROTOCOL.test(path)) {
    throw refused(
      `${show(path)} is an address, not a file.`,
      `If the file name contains a colon, write it with its folder: .${sep}${path.slice(0, 40)}`,
    );
  }
  return resolve(base, path);
}

/** The path with symbolic links resolved: an unresolved link could point outside the allowed folders. */
async function within(absolute: string, { folders, setting }: PathRules): Promise<string> {
  const real = await realpathOfAny(absolute);
  for (const folder of folders) {
    const path = relative(await realpathOfAny(folder), real);
    if (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)) return real;
  }
  throw refused(
    `${show(absolute)} is outside the folders that messages may name.`,
    `Add its folder to ${setting} in settings.js, or set the path in the node itself.`,
  );
}

/** `realpath` for paths whose last parts may not exist yet. */
async function realpathOfAny(path: string, depth = 0): Promise<string> {
  if (depth > 40) throw refused(`${show(path)} is a loop of symbolic links.`);
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    if (parent === path) return path;
    // a dangling link still determines where a new file is created
    const link = await readlink(path).catch(() => null);
    if (link !== null) return realpathOfAny(resolve(parent, link), depth + 1);
    return join(await realpathOfAny(parent, depth), basename(path));
  }
}

/** ffmpeg detects playlists by content: one named `.mp4` still works as a playlist. */
async function isPlaylist(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false; // opening a pipe would block until a writer opens it
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
      const head = buffer
        .toString('latin1', 0, bytesRead)
        .replace(/^\xef\xbb\xbf/, '')
        .trimStart()
        .toLowerCase();
      return PLAYLIST_HEADS.some((start) => head.startsWith(start));
    } finally {
      await file.close();
    }
  } catch {
    return false; // the probe reports unreadable files with a better message
  }
}

const refused = (message: string, remedy = ''): RemasterError =>
  new RemasterError('PATH_NOT_ALLOWED', message, { remedy });
