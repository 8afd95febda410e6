import { open } from 'node:fs/promises';
import { RemasterError } from '../../src/errors';
import type { ImageResult, ImageSource } from '../../src/settings/imageJob';
import { show } from './plan';

/** Bytes of one message's picture at most. They are copied once, to the engine. */
const LARGEST = 64 * 2 ** 20;

/** How JPEG, PNG and WebP begin in base64. `/9j/` could be a path as well; nobody's files lie there. */
const BASE64_PICTURE = /^(\/9j\/|iVBORw0KGgo|UklGR)/;

/**
 * The picture in a message, in any of the shapes that nodes send: a Buffer, a list of them that belong together, base64
 * with or without `data:…`, an object with bare pixels, a Jimp object. `readFile` null: a path is no picture.
 */
export async function readImagePayload(
  value: unknown,
  readFile: ((path: string) => Promise<Buffer>) | null,
): Promise<ImageSource> {
  if (value instanceof Uint8Array) return file(value);
  if (Array.isArray(value) && value.length > 0 && value.every((part) => part instanceof Uint8Array)) {
    requireBytes(value.reduce((sum, part) => sum + part.length, 0));
    return file(Buffer.concat(value));
  }
  if (typeof value === 'string') return file(await ofText(value, readFile));
  if (typeof value === 'object' && value !== null) {
    const { bitmap } = value as { readonly bitmap?: unknown };
    if (typeof bitmap === 'object' && bitmap !== null) return bare({ ...bitmap, channels: 4 }, 'bitmap');
    if ('data' in value && 'width' in value) return bare(value, 'object');
  }
  throw noImage(`${value === undefined ? 'There is no picture in the message' : `The picture is ${show(value)}`}.`);
}

/** A picture file that the flow, or an allowed message, has named. */
export async function readImageFile(path: string): Promise<Buffer> {
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new RemasterError('SOURCE_NOT_FOUND', `${path} does not exist.`, { remedy: 'Check the path.', cause })
      : new RemasterError('SOURCE_UNREADABLE', `${path} cannot be read: ${cause.message}.`, { cause });
  });
  try {
    const about = await handle.stat();
    if (!about.isFile()) throw new RemasterError('SOURCE_UNREADABLE', `${path} is not a file.`);
    requireBytes(about.size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** What a message carries away: the bytes of a file, or pixels in the shape that other nodes for pictures know. */
export function asPayload({ data, format, width, height, channels }: ImageResult): unknown {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (format !== 'pixels') return bytes;
  return { data: bytes, width, height, channels, colorSpace: SPACES[channels], dtype: 'uint8' };
}

const SPACES = { 1: 'GRAY', 3: 'RGB', 4: 'RGBA' } as const;

async function ofText(text: string, readFile: ((path: string) => Promise<Buffer>) | null): Promise<Buffer> {
  const url = /^data:[^,]{0,200};base64,/.exec(text);
  const isCoded = url !== null || BASE64_PICTURE.test(text);
  if (!isCoded && readFile) return readFile(text);
  requireBytes((text.length * 3) / 4);
  if (isCoded) return Buffer.from(url ? text.slice(url[0].length) : text, 'base64');
  throw noImage(
    `The picture is the text ${show(text)}, which is no picture in base64.`,
    'Send a Buffer, or let the node take paths of files.',
  );
}

function file(data: Uint8Array): ImageSource {
  requireBytes(data.length);
  return { kind: 'file', data };
}

/** Pixels as rosepetal's nodes (`data`, `width`, `height`, `channels`, `colorSpace`) and Jimp send them. */
function bare(picture: object, what: string): ImageSource {
  const { data, width, height, channels, colorSpace, dtype } = picture as Readonly<Record<string, unknown>>;
  const isSide = (side: unknown): side is number => Number.isInteger(side) && Number(side) > 0;
  if (!(data instanceof Uint8Array) || !isSide(width) || !isSide(height)) {
    throw noImage(`The ${what} in the message has no Buffer in data with a width and a height.`);
  }
  const count = channels ?? data.length / (width * height);
  const order = typeof colorSpace === 'string' ? colorSpace.toUpperCase() : null;
  const isKnown = order === null || ['GRAY', 'RGB', 'RGBA', 'BGR', 'BGRA'].includes(order);
  if ((count !== 1 && count !== 3 && count !== 4) || (dtype !== undefined && dtype !== 'uint8') || !isKnown) {
    throw noImage(
      `The ${what} in the message holds ${show(count)} channels, ${order ?? 'RGB'}, ${show(dtype ?? 'uint8')}.`,
      'Send 8-bit samples in 1 (GRAY), 3 (RGB, BGR) or 4 (RGBA, BGRA) channels.',
    );
  }
  requireBytes(data.length);
  const samples = order?.startsWith('BGR') ? swapped(data, count) : data;
  return { kind: 'pixels', data: samples, width, height, channels: count };
}

/** A copy with red and blue exchanged: what a message brought may also be elsewhere in the flow. */
function swapped(data: Uint8Array, channels: number): Uint8Array {
  const other = new Uint8Array(data);
  for (let i = 0; i + 2 < data.length; i += channels) [other[i], other[i + 2]] = [data[i + 2]!, data[i]!];
  return other;
}

function requireBytes(length: number): void {
  if (length <= LARGEST) return;
  throw new RemasterError(
    'IMAGE_TOO_LARGE',
    `The picture has ${(length / 1e6).toFixed(0)} MB; a message may bring ${LARGEST / 2 ** 20} MiB.`,
    { remedy: 'Send a smaller picture, or restore it with the command line.' },
  );
}

const noImage = (message: string, remedy = 'Send a JPEG, PNG or WebP picture as a Buffer.'): RemasterError =>
  new RemasterError('NO_IMAGE', message, { remedy });
