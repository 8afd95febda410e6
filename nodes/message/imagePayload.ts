import { open } from 'node:fs/promises';
import { RemasterError } from '../../src/errors';
import { bytesLength, imageBytes } from '../../src/settings/imageBytes';
import type { ImageResult, ImageSource } from '../../src/settings/imageJob';
import { show } from '../../src/settings/showValue';

/** Bytes of the image in one message. They are copied once, to the engine. */
const MAX_BYTES = 64 * 2 ** 20;

/** The first characters of JPEG, PNG and WebP in base64. `/9j/` could also be a path, but no such folder is common. */
const BASE64_IMAGE = /^(\/9j\/|iVBORw0KGgo|UklGR)/;

/**
 * The image in a message, in any form that nodes send: a Buffer, also as JSON, a typed array or an ArrayBuffer, an array
 * of these with the parts of one file, base64
 * with or without `data:…`, an object with raw pixels, a Jimp object. `readFile` null: paths are not accepted.
 */
export async function readImagePayload(
  value: unknown,
  readFile: ((path: string) => Promise<Buffer>) | null,
): Promise<ImageSource> {
  const whole = limitedBytes([value]);
  if (whole) return file(whole);
  const parts = Array.isArray(value) && value.length > 0 ? limitedBytes(value) : null;
  if (parts) return file(parts);
  if (typeof value === 'string') return file(await decodeString(value, readFile));
  if (typeof value === 'object' && value !== null) {
    const { bitmap } = value as { readonly bitmap?: unknown };
    if (typeof bitmap === 'object' && bitmap !== null) return rawPixels({ ...bitmap, channels: 4 }, 'bitmap');
    if ('data' in value && 'width' in value) return rawPixels(value, 'object');
  }
  throw noImage(`${value === undefined ? 'The message contains no image' : `The image is ${show(value)}`}.`);
}

/** The bytes of all parts, whose length is checked before they are copied; null if a part holds none. */
function limitedBytes(parts: readonly unknown[]): Uint8Array | null {
  requireBytes(parts.reduce<number>((sum, part) => sum + (bytesLength(part) ?? 0), 0));
  const bytes = parts.map((part) => imageBytes(part));
  if (!bytes.every((one) => one !== null)) return null;
  return bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes);
}

/** Reads an image file; the caller has checked the path. */
export async function readImageFile(path: string): Promise<Buffer> {
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new RemasterError('SOURCE_NOT_FOUND', `${path} does not exist.`, { remedy: 'Check the path.', cause })
      : new RemasterError('SOURCE_UNREADABLE', `${path} cannot be read: ${cause.message}.`, { cause });
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new RemasterError('SOURCE_UNREADABLE', `${path} is not a file.`);
    requireBytes(stats.size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The result for a message: the bytes of a file, or raw pixels in the form that other image nodes use. */
export function asPayload({ data, format, width, height, channels }: ImageResult): unknown {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (format !== 'pixels') return bytes;
  return { data: bytes, width, height, channels, colorSpace: COLOR_SPACES[channels], dtype: 'uint8' };
}

const COLOR_SPACES = { 1: 'GRAY', 3: 'RGB', 4: 'RGBA' } as const;

async function decodeString(text: string, readFile: ((path: string) => Promise<Buffer>) | null): Promise<Buffer> {
  const url = /^data:[^,]{0,200};base64,/.exec(text);
  const isBase64 = url !== null || BASE64_IMAGE.test(text);
  if (!isBase64 && readFile) return readFile(text);
  requireBytes((text.length * 3) / 4);
  if (isBase64) return Buffer.from(url ? text.slice(url[0].length) : text, 'base64');
  throw noImage(
    `The image is the string ${show(text)}, which is not an image in base64.`,
    'Send a Buffer, or allow file paths in the node.',
  );
}

function file(data: Uint8Array): ImageSource {
  requireBytes(data.length);
  return { kind: 'file', data };
}

/** Raw pixels as rosepetal's nodes (`data`, `width`, `height`, `channels`, `colorSpace`) and Jimp send them. */
function rawPixels(image: object, what: string): ImageSource {
  const { data: given, width, height, channels, colorSpace, dtype } = image as Readonly<Record<string, unknown>>;
  const data = limitedBytes([given]);
  const isSide = (side: unknown): side is number => Number.isInteger(side) && Number(side) > 0;
  if (!data || !isSide(width) || !isSide(height)) {
    throw noImage(`The ${what} in the message has no Buffer in data with width and height.`);
  }
  const count = channels ?? data.length / (width * height);
  const order = typeof colorSpace === 'string' ? colorSpace.toUpperCase() : null;
  const isKnown = order === null || ['GRAY', 'RGB', 'RGBA', 'BGR', 'BGRA'].includes(order);
  if ((count !== 1 && count !== 3 && count !== 4) || (dtype !== undefined && dtype !== 'uint8') || !isKnown) {
    throw noImage(
      `The ${what} in the message has ${show(count)} channels, ${order ?? 'RGB'}, ${show(dtype ?? 'uint8')}.`,
      'Send 8-bit samples in 1 (GRAY), 3 (RGB, BGR) or 4 (RGBA, BGRA) channels.',
    );
  }
  const samples = order?.startsWith('BGR') ? swapped(data, count) : data;
  return { kind: 'pixels', data: samples, width, height, channels: count };
}

/** Exchanges red and blue in a copy: other nodes may hold the same Buffer. */
function swapped(data: Uint8Array, channels: number): Uint8Array {
  const other = new Uint8Array(data);
  for (let i = 0; i + 2 < data.length; i += channels) [other[i], other[i + 2]] = [data[i + 2]!, data[i]!];
  return other;
}

function requireBytes(length: number): void {
  if (length <= MAX_BYTES) return;
  throw new RemasterError(
    'IMAGE_TOO_LARGE',
    `The image has ${(length / 1e6).toFixed(0)} MB; the limit per message is ${MAX_BYTES / 2 ** 20} MiB.`,
    { remedy: 'Send a smaller image, or use the command line.' },
  );
}

const noImage = (message: string, remedy = 'Send a JPEG, PNG or WebP image as a Buffer.'): RemasterError =>
  new RemasterError('NO_IMAGE', message, { remedy });
