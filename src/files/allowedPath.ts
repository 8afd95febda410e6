import { open, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** `concat:a|b`, `http://…`, `pipe:0`, `subfile,,start,0,:x`; not `C:\video.mp4`. */
export const isAddress = (path: string): boolean => /^[a-z][a-z0-9+.-]+(,[^/\\]*)?:/i.test(path);

const PLAYLISTS = new Set([
  ...['.m3u', '.m3u8', '.ffconcat', '.concat', '.txt', '.pls', '.mpd'],
  ...['.sdp', '.xspf', '.ism', '.asx', '.cue'],
]);
const PLAYLIST_HEADS = ['#extm3u', 'ffconcat', '[playlist]', 'v=0', '<?xml', '<mpd', '<asx', "file '", 'file "'];

/** A playlist can name other files and addresses. */
export const hasPlaylistName = (path: string): boolean => PLAYLISTS.has(extname(path).toLowerCase());

/**
 * The path with symbolic links resolved, if it is in one of the folders; null if not: an unresolved link could point outside
 * of them. Rejects for a loop of links.
 */
export async function pathWithin(absolute: string, folders: readonly string[]): Promise<string | null> {
  const real = await realpathOfAny(absolute);
  for (const folder of folders) {
    const path = relative(await realpathOfAny(folder), real);
    if (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)) return real;
  }
  return null;
}

/** `realpath` for paths whose last parts may not exist yet. */
async function realpathOfAny(path: string, depth = 0): Promise<string> {
  if (depth > 40) throw new Error('it is a loop of symbolic links');
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
export async function isPlaylist(path: string): Promise<boolean> {
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
