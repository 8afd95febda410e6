import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { RemasterError } from '../errors';
import { type ImageFormat, type ImageJob, type ImageResult, upscaleImage } from '../index';
import { unwritable } from '../pipeline/jobs/outputFolder';
import { openSource } from '../pipeline/media/sourceFile';

/** Bytes of a picture file at most. */
const LARGEST_FILE = 256 * 2 ** 20;

/** A picture from file to file; the format is that of the output's ending. The output appears when it is whole. */
export async function upscaleImageFile(
  input: string,
  output: string,
  options: Partial<ImageJob>,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<Omit<ImageResult, 'data' | 'channels'> & { readonly output: string; readonly bytes: number }> {
  const format = formatOf(output);
  const { path, bytes } = await openSource(input);
  if (bytes > LARGEST_FILE) throw new RemasterError('IMAGE_TOO_LARGE', `${path} is larger than any picture (256 MB).`);
  const target = resolve(output);
  if (!overwrite && (await stat(target).catch(() => null))) throw exists(target);
  const { data, channels: _, ...rest } = await upscaleImage(await readFile(path), { ...options, format }, { signal });
  const part = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  try {
    await writeFile(part, data, { flag: 'wx' });
    if (overwrite) await rename(part, target);
    else await link(part, target);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? exists(target) : unwritable(target, error);
  } finally {
    await rm(part, { force: true });
  }
  return { output: target, bytes: data.length, ...rest };
}

const FORMATS: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.webp': 'webp',
};

function formatOf(output: string): ImageFormat {
  const format = FORMATS[extname(output).toLowerCase()];
  if (format) return format;
  throw new RemasterError('BAD_SETTING', `The output ${output} has an ending that names no picture format.`, {
    remedy: 'Use .jpg, .png or .webp.',
  });
}

const exists = (target: string): RemasterError =>
  new RemasterError('OUTPUT_EXISTS', `${target} exists already.`, {
    remedy: 'Choose another name, or allow overwriting.',
  });
