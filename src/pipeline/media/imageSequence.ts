import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { RemasterError } from '../../errors';

/** The pictures of a folder, one after the other by name: what a film scanner leaves. */
export interface ImageSequence {
  /** Of all the names, with the dot. */
  readonly ending: string;
  /** Pictures per second. */
  readonly rate: number;
  readonly count: number;
  /** Changes when a picture does. */
  readonly version: string;
}

const PICTURES = /^\.(png|jpe?g|tiff?|dpx|exr|bmp|webp|pgm|ppm)$/i;

/** Errors: SOURCE_UNREADABLE when it is not clear which pictures, or in which order. */
export async function readImageSequence(folder: string, rate: number): Promise<ImageSequence> {
  const names = (await readdir(folder).catch((cause: unknown) => refuse(folder, 'it may not be read', RIGHTS, cause)))
    .filter((name) => !name.startsWith('.') && PICTURES.test(extname(name)))
    .toSorted();
  const [ending, other] = [...new Set(names.map((name) => extname(name)))];
  if (ending === undefined)
    return refuse(folder, 'it is a folder without pictures', 'Name a video file, or a folder of pictures.');
  if (other !== undefined)
    return refuse(
      folder,
      `it holds pictures of several kinds (${ending}, ${other})`,
      'Keep one kind in a folder of its own.',
    );
  if (process.platform === 'win32')
    return refuse(folder, 'ffmpeg cannot read folders of pictures on Windows', 'Make a video of them first.');
  // ffmpeg takes them letter by letter: 10 would come before 9.
  const meant = names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true, sensitivity: 'variant' }));
  const wrong = names.findIndex((name, i) => name.toLowerCase() !== meant[i]!.toLowerCase());
  if (wrong >= 0) {
    return refuse(
      folder,
      `by their names, ${names[wrong]} would come before ${meant[wrong]}`,
      'Number the pictures with leading zeros: 0009, 0010.',
    );
  }
  const hash = createHash('sha256');
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(folder, name));
    hash.update(`${name}\0${size}\0${mtimeMs}\0`);
  }
  return { ending, rate, count: names.length, version: hash.digest('hex') };
}

/** The options that open a folder of pictures in ffmpeg, and nothing else. */
export const sequenceOptions = (folder: string, { ending, rate }: ImageSequence): string[] => [
  ...['-protocol_whitelist', 'file,pipe', '-f', 'image2', '-pattern_type', 'glob', '-framerate', String(rate)],
  // An absolute path is no option and no address; what a pattern would read as a sign is escaped.
  ...['-i', `${folder.replace(/[\\*?[\]{}]/g, '\\$&')}/*${ending}`],
];

const RIGHTS = 'Give the user that runs remaster the right to read it.';

function refuse(folder: string, why: string, remedy: string, cause?: unknown): never {
  throw new RemasterError('SOURCE_UNREADABLE', `${folder} cannot be read: ${why}.`, { remedy, cause });
}
