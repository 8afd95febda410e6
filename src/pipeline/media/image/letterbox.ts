import type { DecodedImage } from './decodeImage';
import { loadSharp } from './loadSharp';

/**
 * Colour samples of an image in one size and depth: another size is fitted in with black borders, or stretched with `fill`.
 * Alpha is dropped.
 */
export async function letterbox(
  image: DecodedImage,
  size: { readonly width: number; readonly height: number; readonly depth: 8 | 16 },
  fit: 'contain' | 'fill' = 'contain',
): Promise<Uint8Array> {
  const data = await fitted(image, size, fit);
  if (image.depth === size.depth) return data;
  const samples = image.depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  if (size.depth === 8) return Uint8Array.from(samples, (sample) => Math.round(sample / 257));
  return new Uint8Array(Uint16Array.from(samples, (sample) => sample * 257).buffer);
}

async function fitted(
  { data, width, height, depth }: DecodedImage,
  to: { width: number; height: number },
  fit: 'contain' | 'fill',
): Promise<Uint8Array> {
  if (width === to.width && height === to.height) return data;
  const samples = depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return loadSharp()(samples, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize({ width: to.width, height: to.height, fit, kernel: 'cubic', background: 'black' })
    .toColourspace(depth === 16 ? 'rgb16' : 'srgb')
    .removeAlpha()
    .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
    .toBuffer()
    .then((buffer) => new Uint8Array(buffer)); // copied, so that 16-bit samples are aligned
}
