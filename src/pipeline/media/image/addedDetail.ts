import { join } from 'node:path';
import { openThread, ownedBytes } from '../../../async/threadCalls';
import { RemasterError } from '../../../errors';
import type { RgbFrame } from '../frame';
import { type Added, addedMap } from './addedMap';
import type { AddedCalls } from './addedMapThread';
import { type DecodedImage, decodeImage } from './decodeImage';
import { loadSharp } from './loadSharp';

/** What a model has added to an image, beside the plain enlargement that it started from. */
export interface AddedDetail extends Added {
  /** JPEG files of the size of the result: itself, the plain enlargement, and where that was changed. */
  readonly result: Uint8Array;
  readonly plain: Uint8Array;
  readonly map: Uint8Array;
}

/** Most pixels of either image: those of the largest result. */
const MAX_PIXELS = 2 ** 28;

/** Compares an image file with the file of its result. Errors: those of the images. */
export async function addedDetail(before: Uint8Array, after: Uint8Array): Promise<AddedDetail> {
  const [source, result] = await Promise.all([rgbOf(before), rgbOf(after)]);
  const { mean, share, ...images } = await compared(await enlarged(source, result), result);
  const files = await Promise.all([images.after, images.plain, images.map].map(jpegOf));
  return { mean, share, result: files[0]!, plain: files[1]!, map: files[2]! };
}

/** Pixels from which on the comparison would hold up the jobs of this process. */
const LARGE = 2 ** 20;

/** Compares the images, large ones in a thread. Theirs must not be used again. */
async function compared(plain: RgbFrame, after: RgbFrame): Promise<AddedCalls['compare']['result']> {
  if (plain.width * plain.height < LARGE) return { ...addedMap(plain, after), plain, after };
  const thread = openThread<AddedCalls>(join(__dirname, 'addedMapThread.js'), crashed);
  try {
    const [own, other] = [plain, after].map((image) => ({ ...image, data: ownedBytes(image.data) })) as [Owned, Owned];
    return await thread.call('compare', { plain: own, after: other }, [own.data.buffer, other.data.buffer]);
  } finally {
    thread.terminate();
  }
}

type Owned = RgbFrame & { readonly data: Uint8Array<ArrayBuffer> };

const crashed = (cause: Error): RemasterError =>
  new RemasterError('ENGINE_CRASHED', 'the thread that compares images has crashed', {
    remedy: 'Try again with a smaller image.',
    detail: cause.stack ?? cause.message,
    cause,
  });

async function rgbOf(file: Uint8Array): Promise<RgbFrame> {
  const { width, height, depth, data }: DecodedImage = await decodeImage({ kind: 'file', data: file }, MAX_PIXELS);
  if (depth === 8) return { width, height, data };
  return { width, height, data: Uint8Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + 1]!) };
}

/** By the filter with which results are brought to their size. */
async function enlarged({ width, height, data }: RgbFrame, to: RgbFrame): Promise<RgbFrame> {
  const size = { width: to.width, height: to.height };
  if (width === size.width && height === size.height) return { ...size, data };
  const raw = { raw: { width, height, channels: 3 as const }, limitInputPixels: false };
  const pixels = await loadSharp()(data, raw)
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  return { ...size, data: new Uint8Array(pixels) };
}

async function jpegOf({ width, height, data }: RgbFrame): Promise<Uint8Array> {
  const raw = { raw: { width, height, channels: 3 as const }, limitInputPixels: false };
  const file = loadSharp()(data, raw).jpeg({ quality: 95, chromaSubsampling: '4:4:4' });
  return new Uint8Array(await file.toBuffer());
}
