import { type FileHandle, open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RemasterError } from '../../errors';
import { imageFile, type ImageName, isImageFile } from '../../settings/imageOutput';
import type { FfmpegBinary } from './findFfmpeg';
import { damagedSegment, segmentError } from './nutReader';
import { passthrough } from './passthrough';
import { readNut } from './readNut';
import { runFfmpeg } from './runFfmpeg';

/** The images that are written. */
export interface ImageTarget {
  readonly folder: string;
  readonly name: ImageName;
  /** Number of the first one. */
  readonly first: number;
  readonly format: 'png' | 'tiff';
  readonly depth: 8 | 16;
}

/**
 * Writes the frames of segments, which are PNG, as files, and checks that all are there. `frames`: their
 * number. Errors: ENCODE_FAILED, those of the file system.
 */
export async function writeImages(
  binary: FfmpegBinary,
  paths: readonly string[],
  frames: number,
  target: ImageTarget,
  signal: AbortSignal,
): Promise<void> {
  if (target.format === 'png') await writePngs(paths, target, signal);
  else await writeTiffs(binary, paths, target, signal);
  await requireAll(target, frames);
}

async function writePngs(paths: readonly string[], { folder, name, first }: ImageTarget, signal: AbortSignal) {
  let number = first;
  for await (const png of pngsOf(paths)) {
    signal.throwIfAborted();
    await writeFile(join(folder, imageFile(name, number++)), png, { flag: 'wx' });
  }
}

async function writeTiffs(
  binary: FfmpegBinary,
  paths: readonly string[],
  { folder, name, first, depth }: ImageTarget,
  signal: AbortSignal,
): Promise<void> {
  const pattern = `${name.prefix}%0${name.digits}d${name.suffix}`;
  const path = join(folder.replaceAll('%', '%%'), pattern); // a % of the folder is none of the pattern
  const pixels = ['-c:v', 'tiff', '-compression_algo', 'deflate', '-pix_fmt', depth === 8 ? 'rgb24' : 'rgb48le'];
  await using ffmpeg = runFfmpeg(
    binary,
    [
      ...['-xerror', '-f', 'png_pipe', '-i', 'pipe:0', ...passthrough(binary), ...pixels],
      ...['-f', 'image2', '-start_number', String(first), '-y', `file:${path}`],
    ],
    signal,
  );
  ffmpeg.stdout.resume();
  const piped = pipeline(Readable.from(pngsOf(paths)), ffmpeg.stdin).catch((error: unknown) => error); // its exit says why
  await ffmpeg.ended;
  const error = await piped;
  if (error instanceof Error) throw error;
}

async function* pngsOf(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) {
    const { frames } = await readNut(path);
    const file = await open(path, 'r').catch(segmentError(path));
    try {
      for (const { prefix, offset, bytes } of frames)
        yield Buffer.concat([prefix, await bytesAt(file, path, offset, bytes)]);
    } finally {
      await file.close();
    }
  }
}

async function bytesAt(file: FileHandle, path: string, offset: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset).catch(segmentError(path));
  if (bytesRead < bytes) throw damagedSegment(path);
  return buffer;
}

/** A folder that lacks an image must not look whole. */
async function requireAll({ folder, name, first }: ImageTarget, frames: number): Promise<void> {
  const files = (await readdir(folder)).filter((file) => isImageFile(name, file));
  let whole = 0;
  for (let i = 0; i < frames; i++)
    if ((await stat(join(folder, imageFile(name, first + i))).catch(() => null))?.size) whole++;
  if (whole === frames && files.length === frames) return;
  throw new RemasterError('ENCODE_FAILED', `${files.length} images were written instead of ${frames}.`, {
    remedy: 'Start the job again; please report this bug if it happens again.',
  });
}
