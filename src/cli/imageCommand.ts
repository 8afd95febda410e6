import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { printable, RemasterError } from '../errors';
import { partEnding, sweepParts } from '../files/partFile';
import { upscaleImage } from '../calls';
import { createEngine } from '../engine/client/engine';
import type { ImageFormat } from '../settings/imageJob';
import { derivedName } from '../pipeline/jobs/derivedName';
import { unwritable } from '../pipeline/jobs/outputErrors';
import { checkTarget, targetOf } from '../pipeline/jobs/outputTarget';
import { publishFile } from '../pipeline/jobs/publishFile';
import { openSource } from '../pipeline/media/sourceFile';
import { IMAGE_ROWS } from '../settings/table';
import type { Print } from './infoCommands';
import { onInterrupt } from './interrupt';
import { settingsOf } from './jobs';
import { type OptionValues, usage, usageOf } from './options';
import { presetIn } from './presetsCommand';
import { counted, duration } from './progressBar';

/** Maximum size of an image file in bytes. */
const LARGEST_FILE = 256 * 2 ** 20;

export async function imageCommand(
  paths: readonly string[],
  values: OptionValues,
  print: Print,
  closed: AbortSignal,
): Promise<number> {
  const [input, output, more] = paths;
  if (input === undefined || output === undefined || more !== undefined) throw usage(usageOf('image'));
  const queue = typeof values['queue'] === 'string' ? values['queue'] : null;
  const settings = { ...settingsOf(IMAGE_ROWS, values), ...(await presetIn(values)), format: formatOf(output) };
  const engine = createEngine();
  const signal = onInterrupt(engine, closed);
  try {
    const source = await readImage(input);
    const maskFile = typeof values['mask'] === 'string' ? [values['mask']] : [];
    const [mask = null] = await Promise.all(maskFile.map(readImage));
    const target = await targetOf(output);
    await checkTarget(target, values['overwrite'] === true, [input, ...maskFile]);
    const {
      data,
      channels: _,
      ...result
    } = await upscaleImage(source, { ...settings, mask }, { engine, signal, queue });
    await writeWhole(target, data, values['overwrite'] === true);
    const { width, height, ms, model, warnings } = result;
    for (const warning of warnings) process.stderr.write(`note: ${printable(warning)}\n`);
    const speed = `${duration(ms / 1000)}, ${model.name}, ${counted(model.steps, 'step')} on ${model.provider}`;
    const text = `${printable(output)}: ${width}×${height}, ${(data.length / 1e6).toFixed(1)} MB (${speed})`;
    const why = model.reason === undefined ? '' : `auto: ${model.name}, because ${printable(model.reason)}\n`;
    print({ output: target, bytes: data.length, ...result }, why + text);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (!closed.aborted) process.stderr.write('Stopped. No files were left behind.\n');
    return 130;
  } finally {
    await engine.close();
  }
}

async function readImage(input: string): Promise<Uint8Array> {
  const { path, bytes, sequence } = await openSource(input);
  if (sequence) {
    throw new RemasterError('SOURCE_UNREADABLE', `${path} is a folder, not an image.`, {
      remedy: 'Give an image file; `remaster restore` takes a folder of images as a video.',
    });
  }
  if (bytes > LARGEST_FILE) throw new RemasterError('IMAGE_TOO_LARGE', `${path} is larger than 256 MB.`);
  return readFile(path);
}

/** The file appears under its name only when it is complete. */
async function writeWhole(target: string, data: Uint8Array, overwrite: boolean): Promise<void> {
  const folder = dirname(target);
  const part = join(folder, derivedName(basename(target), { before: '.', after: '', extension: await partEnding() }));
  try {
    await sweepParts(folder);
    await writeFile(part, data, { flag: 'wx' });
    await publishFile(part, target, { overwrite });
  } catch (error) {
    throw unwritable(target, error);
  } finally {
    await rm(part, { force: true });
  }
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
  throw new RemasterError('BAD_SETTING', `The output ${output} has an unsupported extension.`, {
    remedy: 'Use .jpg, .png or .webp.',
  });
}
