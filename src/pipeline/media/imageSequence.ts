import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { RemasterError } from '../../errors';
import { globEscaped, patternOfKept } from './globPattern';

/** The images of a folder in the order of their names, as written by a film scanner. */
export interface ImageSequence {
  /** The file extensions of the images, with the dot: spellings of one format, such as `.jpg` and `.JPG`. */
  readonly extensions: readonly string[];
  /** Images per second. */
  readonly rate: number;
  readonly count: number;
  /** File names, in order. */
  readonly names: readonly string[];
  /** Names of files without content, which are passed over. */
  readonly empty: readonly string[];
  /** Changes when an image changes. */
  readonly version: string;
}

const IMAGE_EXTENSIONS = /^\.(png|jpe?g|tiff?|dpx|exr|bmp|webp|pgm|ppm)$/i;

/** Errors: SOURCE_UNREADABLE if the images or their order are ambiguous. */
export async function readImageSequence(folder: string, rate: number): Promise<ImageSequence> {
  const all = await readdir(folder).catch((cause: unknown) =>
    throwUnreadable(folder, 'permission denied', READ_PERMISSION, cause),
  );
  const names = all.filter((name) => !name.startsWith('.') && IMAGE_EXTENSIONS.test(extname(name))).toSorted();
  const extensions = [...new Set(names.map((name) => extname(name)))];
  requireOneFormat(folder, extensions);
  if (process.platform === 'win32')
    return throwUnreadable(folder, 'ffmpeg cannot read folders of images on Windows', 'Convert them to a video first.');
  requireNumberOrder(folder, names);
  const matching = new RegExp(`^[^.].*${patternOf(extensions).replace('.', '\\.').replace('*', '.*')}$`, 's');
  const extra = all.find((name) => matching.test(name) && !names.includes(name));
  if (extra !== undefined)
    return throwUnreadable(folder, `${extra} looks like an image of its own format`, 'Move it to another folder.');
  const hash = createHash('sha256');
  const empty: string[] = [];
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(folder, name));
    if (size === 0) empty.push(name);
    hash.update(`${name}\0${size}\0${mtimeMs}\0`);
  }
  const whole = names.filter((name) => !empty.includes(name));
  const sequence = { extensions, rate, count: whole.length, names: whole, empty, version: hash.digest('hex') };
  if (!canPassOver(folder, sequence)) requireWhole(folder, sequence);
  return sequence;
}

/** For readers that do not report what was passed over. Errors: SOURCE_UNREADABLE if an image is empty. */
export function requireWhole(folder: string, { empty }: Pick<ImageSequence, 'empty'>): void {
  const [first] = empty;
  if (first !== undefined)
    throwUnreadable(folder, `${first} is empty (0 bytes)`, 'Copy the image again, or remove it.');
}

/** Whether ffmpeg can be told which images are empty: it ends at the first one that it reads, and its pattern has a limit. */
function canPassOver(folder: string, sequence: ImageSequence): boolean {
  const { names, empty } = sequence;
  if (empty.length === 0) return true;
  const stems = new Set(names.map(stemOf));
  const isAlone = empty.every((name) => !stems.has(stemOf(name))); // not the same name in two spellings
  return names.length > 0 && isAlone && Buffer.byteLength(inputPattern(folder, sequence)) <= MAX_PATTERN;
}

const stemOf = (name: string): string => basename(name, extname(name));

/** Bytes of the path in ffmpeg's reader of images. */
const MAX_PATTERN = 1023;

function requireOneFormat(folder: string, extensions: readonly string[]): void {
  const [first, ...others] = extensions;
  if (first === undefined)
    throwUnreadable(folder, 'the folder contains no images', 'Use a video file or a folder of images.');
  const other = others.find((extension) => formatOf(extension) !== formatOf(first));
  if (other === undefined) return;
  throwUnreadable(
    folder,
    `it contains images of several formats (${first}, ${other})`,
    'Move the images of each format to a folder of their own.',
  );
}

const formatOf = (extension: string): string =>
  extension.toLowerCase().replace('.jpeg', '.jpg').replace('.tiff', '.tif');

/** ffmpeg sorts the images alphabetically: 10 would come before 9. */
function requireNumberOrder(folder: string, names: readonly string[]): void {
  const key = (name: string): string => basename(name, extname(name)) + formatOf(extname(name));
  const numericOrder = names.toSorted((a, b) =>
    key(a).localeCompare(key(b), 'en', { numeric: true, sensitivity: 'variant' }),
  );
  const mismatch = names.findIndex((name, i) => key(name).toLowerCase() !== key(numericOrder[i]!).toLowerCase());
  if (mismatch < 0) return;
  throwUnreadable(
    folder,
    `in alphabetical order, ${names[mismatch]} would come before ${numericOrder[mismatch]}`,
    'Number the images with leading zeros: 0009, 0010.',
  );
}

/** The options that open a folder of images in ffmpeg, and nothing else. */
export function sequenceOptions(folder: string, sequence: ImageSequence): string[] {
  const { extensions, rate } = sequence;
  return [
    ...['-protocol_whitelist', 'file,pipe', '-f', 'image2', '-pattern_type', 'glob', '-framerate', String(rate)],
    // ffmpeg tells the format by the end of the pattern, or else by 2 KiB of the first image, too few for a photo.
    ...(extensions.length > 1 ? ['-c:v', decoderOf(extensions[0]!)] : []),
    ...['-i', inputPattern(folder, sequence)],
  ];
}

/** An absolute path can be neither an option nor a URL; the special characters of a glob pattern are escaped. */
function inputPattern(folder: string, { extensions, names, empty }: ImageSequence): string {
  const missing = new Set(empty);
  const all = [...names, ...empty].toSorted();
  const isKept = new Map(all.map((name) => [stemOf(name), !missing.has(name)]));
  const stems = empty.length === 0 ? '*' : patternOfKept([...isKept.keys()], (stem) => isKept.get(stem)!);
  return `${globEscaped(folder)}/${stems}${patternOf(extensions)}`;
}

function decoderOf(extension: string): string {
  const format = formatOf(extension).slice(1);
  return { jpg: 'mjpeg', tif: 'tiff' }[format] ?? format;
}

/** A glob pattern for all extensions: not `{jpg,JPG}`, which sorts the images of each spelling separately. */
function patternOf([first, ...others]: readonly string[]): string {
  if (first === undefined || others.length === 0) return first ?? '';
  const eitherCase = (letters: string): string =>
    letters.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  const format = formatOf(first);
  const isLonger = format === '.jpg' || format === '.tif'; // .jpeg, .tiff
  return isLonger ? `${eitherCase(format.slice(0, 3))}*${eitherCase(format.slice(3))}` : eitherCase(format);
}

const READ_PERMISSION = 'Give the user that runs remaster read permission.';

function throwUnreadable(folder: string, why: string, remedy: string, cause?: unknown): never {
  throw new RemasterError('SOURCE_UNREADABLE', `${folder} cannot be read: ${why}.`, { remedy, cause });
}
