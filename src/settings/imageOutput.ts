import { basename, dirname, extname } from 'node:path';
import { badSetting } from './checkRows';
import { hasContainer } from './container';
import type { Values } from './row';
import type { RESTORE_ROWS } from './videoRows';

/** How the images of an output are named: `%08d.png` is prefix '', 8 digits, suffix '.png'. */
export interface ImageName {
  readonly prefix: string;
  readonly digits: number;
  readonly suffix: string;
}

type Job = Values<typeof RESTORE_ROWS>;
type Output = Pick<Job, 'output' | 'codec' | 'imageName'>;

const FORMATS: Readonly<Record<string, 'png' | 'tiff'>> = { '.png': 'png', '.tif': 'tiff', '.tiff': 'tiff' };
const USUAL = { png: '%08d.png', tiff: '%08d.tif' } as const;

export const isImageCodec = (codec: Job['codec']): codec is 'png' | 'tiff' => codec === 'png' || codec === 'tiff';

/**
 * An output of one image for each frame has its folder as `output`, and their names as `imageName`: given as `out/%08d.png`, or
 * as a folder with the codec `png` or `tiff`. Throws BAD_SETTING.
 */
export function withImages<T extends Output>(job: T): T {
  const name = basename(job.output);
  const format = FORMATS[extname(name).toLowerCase()];
  if (format !== undefined && name.includes('%')) {
    // The default of the setting is a codec of videos.
    if (job.codec !== 'h264' && job.codec !== format) throw badSetting('codec', `${format} for ${name}`, job.codec);
    parseImageName(name);
    return { ...job, codec: format, output: dirname(job.output), imageName: name };
  }
  if (!isImageCodec(job.codec)) {
    if (job.imageName !== null) throw badSetting('imageName', 'set with the codecs png and tiff only', job.imageName);
    return job;
  }
  if (hasContainer(name)) throw badSetting('output', `a folder, for images of the codec ${job.codec}`, name);
  const imageName = job.imageName ?? USUAL[job.codec];
  parseImageName(imageName);
  if (FORMATS[extname(imageName).toLowerCase()] !== job.codec)
    throw badSetting('imageName', `a name for ${job.codec}`, imageName);
  return { ...job, imageName, output: format === undefined ? job.output : job.output.slice(0, -extname(name).length) };
}

/** The names of the images of a job; null: its output is a video. */
export const imageNameOf = ({ codec, imageName }: Pick<Job, 'codec' | 'imageName'>): ImageName | null =>
  isImageCodec(codec) ? parseImageName(imageName ?? USUAL[codec]) : null;

/** Throws BAD_SETTING. */
function parseImageName(name: string): ImageName {
  const [, prefix, digits, suffix] = /^([^%\\/]*)%0([1-9]|1[0-2])d([^%\\/]*\.(?:png|tiff?))$/i.exec(name) ?? [];
  if (prefix === undefined || prefix.startsWith('.'))
    throw badSetting('output', 'a name for images like %08d.png or frame_%06d.tif, or a folder with --codec png', name);
  return { prefix, digits: Number(digits), suffix: suffix! };
}

export const imageFile = ({ prefix, digits, suffix }: ImageName, number: number): string =>
  `${prefix}${String(number).padStart(digits, '0')}${suffix}`;

/** Whether a file may be an image of such an output. */
export function isImageFile({ prefix, digits, suffix }: ImageName, file: string): boolean {
  const number = file.slice(prefix.length, file.length - suffix.length);
  return file.startsWith(prefix) && file.endsWith(suffix) && /^\d+$/.test(number) && number.length >= digits;
}
