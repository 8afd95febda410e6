import { basename, dirname } from 'node:path';
import { RemasterError } from '../../errors';

/** Converts an error of the file system into a `RemasterError`. `detail`: ffmpeg's messages about it. */
export function unwritable(target: string, cause: unknown, detail = ''): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (cause instanceof RemasterError || code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(detail || message);
  if (code === 'EFBIG') return fileTooLarge(target, detail || message);
  const [why, remedy] = reason(code, target) ?? [message, 'Check the permissions and the free space of its folder.'];
  return new RemasterError('OUTPUT_UNWRITABLE', `Cannot write ${target}: ${why}.`, { remedy, detail, cause });
}

/** What an error of the system means for an output, and what to do; null for the other ones. */
function reason(code: string, target: string): readonly [string, string] | null {
  const folder = dirname(target);
  switch (code) {
    case 'ENAMETOOLONG':
      return [
        `its name of ${Buffer.byteLength(basename(target))} bytes is too long for the file system`,
        'Choose a shorter name. Most file systems allow 255 bytes; letters beyond a to z take 2 to 4 each.',
      ];
    case 'EACCES':
    case 'EPERM':
      return [`no permission to write in ${folder}`, 'Give the user that runs remaster write permission.'];
    case 'EROFS':
      return [`the file system of ${folder} is read-only`, 'Choose a folder on another disk, or make it writable.'];
    case 'ENOENT':
    case 'ESTALE':
      return [`its folder or work folder is gone`, 'Check that the disk is connected, and start the job again.'];
    case 'EINVAL':
    case 'EILSEQ':
      return ['the file system does not allow this name', 'Choose a name of letters and digits.'];
    default:
      return null;
  }
}

const diskFull = (detail = ''): RemasterError =>
  new RemasterError('DISK_FULL', 'There is no space left where the output is written.', {
    remedy: 'Free some space and start the job again.',
    detail,
  });

const fileTooLarge = (target: string, detail: string): RemasterError =>
  new RemasterError(
    'DISK_FULL',
    `The file system of ${dirname(target)} allows no larger files (FAT32 stops at 4 GiB), or a limit does (ulimit -f).`,
    {
      remedy: 'Choose an output on another file system, or raise the limit.',
      detail,
    },
  );
