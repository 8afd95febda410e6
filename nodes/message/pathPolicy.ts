import { homedir, tmpdir } from 'node:os';
import { basename, parse, resolve, sep } from 'node:path';
import { RemasterError } from '../../src/errors';
import { hasPlaylistName, isAddress, isPlaylist, pathWithin } from '../../src/files/allowedPath';
import { show } from '../../src/settings/showValue';

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
  if (hasPlaylistName(absolute)) {
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

function plainPath(path: unknown, { base }: PathRules): string {
  if (typeof path !== 'string' || path.trim() === '') {
    throw new RemasterError('BAD_SETTING', `The path of the file is ${path === '' ? 'empty' : show(path)}.`, {
      remedy: 'Set it in the node, or send it in msg.filename.',
    });
  }
  if (path.includes('\0')) throw refused('The path contains a NUL character.');
  if (isAddress(path)) {
    throw refused(
      `${show(path)} is an address, not a file.`,
      `If the file name contains a colon, write it with its folder: .${sep}${path.slice(0, 40)}`,
    );
  }
  return resolve(base, path);
}

async function within(absolute: string, { folders, setting }: PathRules): Promise<string> {
  const real = await pathWithin(absolute, folders).catch(() => {
    throw refused(`${show(absolute)} is a loop of symbolic links.`);
  });
  if (real !== null) return real;
  throw refused(
    `${show(absolute)} is outside the folders that messages may name.`,
    `Add its folder to ${setting} in settings.js, or set the path in the node itself.`,
  );
}

const refused = (message: string, remedy = ''): RemasterError =>
  new RemasterError('PATH_NOT_ALLOWED', message, { remedy });
