import type { DecodedImage } from './decodeImage';
import { loadSharp } from './loadSharp';

/** The light of a picture as samples of one size and depth: another size is fitted in, with black around it. Opacity is dropped. */
export async function letterbox(
  still: DecodedImage,
  size: { readonly width: number; readonly height: number; readonly depth: 8 | 16 },
): Promise<Uint8Array> {
  const data = await inSize(still, size);
  if (still.depth === size.depth) return data;
  const samples = still.depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  if (size.depth === 8) return Uint8Array.from(samples, (sample) => Math.round(sample / 257));
  return new Uint8Array(Uint16Array.from(samples, (sample) => sample * 257).buffer);
}

async function inSize(
  { data, width, height, depth }: DecodedImage,
  to: { width: number; height: number },
): Promise<Uint8Array> {
  if (width === to.width && height === to.height) return data;
  const samples = depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return loadSharp()(samples, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize({ width: to.width, height: to.height, fit: 'contain', kernel: 'cubic', background: 'black' })
    .toColourspace(depth === 16 ? 'rgb16' : 'srgb')
    .removeAlpha()
    .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
    .toBuffer()
    .then((made) => new Uint8Array(made)); // in a buffer of its own, where samples lie at even places
}
