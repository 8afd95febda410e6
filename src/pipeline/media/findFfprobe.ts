import { realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

/**
 * The ffprobe of an ffmpeg: REMASTER_FFPROBE, then the one beside it, then the first on the PATH. `works` tries one. Null
 * when there is none or REMASTER_FFPROBE is `none`; throws what `works` throws for the one in REMASTER_FFPROBE.
 */
export async function findFfprobe(ffmpeg: string, works: (path: string) => Promise<unknown>): Promise<string | null> {
  const chosen = process.env['REMASTER_FFPROBE'];
  if (chosen === 'none') return null;
  if (chosen) {
    await works(chosen);
    return chosen;
  }
  const name = process.platform === 'win32' ? 'ffprobe.exe' : 'ffprobe';
  const beside = [ffmpeg, realpathSync(ffmpeg)].filter(isAbsolute).map(dirname);
  const folders = [...beside, ...(process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute)];
  for (const path of new Set(folders.map((folder) => join(folder, name))))
    if (
      await works(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  return null;
}
