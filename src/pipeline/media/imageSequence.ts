import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { RemasterError } from '../../errors';

/** The images of a folder in the order of their names, as written by a film scanner. */
export interface ImageSequence {
  /** File extension of all images, with the dot. */
  readonly extension: string;
  /** Images per second. */
  readonly rate: number;
  readonly count: number;
  /** Changes when an image changes. */
  readonly version: string;
}

const IMAGE_EXTENSIONS = /^\.(png|jpe?g|tiff?|dpx|exr|bmp|webp|pgm|ppm)$/i;

/** Errors: SOURCE_UNREADABLE if the images or their order are ambiguous. */
export async function readImageSequence(folder: string, rate: number): Promise<ImageSequence> {
  const names = (
    await readdir(folder).catch((cause: unknown) =>
      throwUnreadable(folder, 'permission denied', READ_PERMISSION, cause),
    )
  )
    .filter((name) => !name.startsWith('.') && IMAGE_EXTENSIONS.test(extname(name)))
    .toSorted();
  const [extension, other] = [...new Set(names.map((name) => extname(name)))];
  if (extension === undefined)
    return throwUnreadable(folder, 'the folder contains no images', 'Use a video file or a folder of images.');
  if (other !== undefined)
    return throwUnreadable(
      folder,
      `it contains images of several formats (${extension}, ${other})`,
      'Move the images of each format to a folder of their own.',
    );
  if (process.platform === 'win32')
    return throwUnreadable(folder, 'ffmpeg cannot read folders of images on Windows', 'Convert them to a video first.');
  // ffmpeg sorts them alphabetically: 10 would come before 9.
  const numericOrder = names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true, sensitivity: 'variant' }));
  const mismatch = names.findIndex((name, i) => name.toLowerCase() !== numericOrder[i]!.toLowerCase());
  if (mismatch >= 0) {
    return throwUnreadable(
      folder,
      `in alphabetical order, ${names[mismatch]} would come before ${numericOrder[mismatch]}`,
      'Number the images with leading zeros: 0009, 0010.',
    );
  }
  const hash = createHash('sha256');
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(folder, name));
    hash.update(`${name}\0${size}\0${mtimeMs}\0`);
  }
  return { extension, rate, count: names.length, version: hash.digest('hex') };
}

/** The options that open a folder of images in ffmpeg, and nothing else. */
export const sequenceOptions = (folder: string, { extension, rate }: ImageSequence): string[] => [
  ...['-protocol_whitelist', 'file,pipe', '-f', 'image2', '-pattern_type', 'glob', '-framerate', String(rate)],
  // An absolute path can be neither an option nor a URL; the special characters of a glob pattern are escaped.
  ...['-i', `${folder.replace(/[\\*?[\]{}]/g, '\\$&')}/*${extension}`],
];

const READ_PERMISSION = 'Give the user that runs remaster read permission.';

function throwUnreadable(folder: string, why: string, remedy: string, cause?: unknown): never {
  throw new RemasterError('SOURCE_UNREADABLE', `${folder} cannot be read: ${why}.`, { remedy, cause });
}
