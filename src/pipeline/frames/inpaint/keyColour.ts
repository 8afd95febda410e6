import type { Frame } from '../../media/frame';
import type { Rgb } from './inpaintSettings';

/**
 * Masks the pixels of a colour, within `tolerance` of the full range in every channel: [height, width], 255 where
 * masked.
 */
export function keyColourMask(
  { width, height, depth, data }: Pick<Frame, 'width' | 'height' | 'depth' | 'data'>,
  colour: Rgb,
  tolerance: number,
): Uint8Array {
  const full = 2 ** depth - 1;
  const samples = depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const low = colour.map((value) => (value - tolerance) * full);
  const high = colour.map((value) => (value + tolerance) * full);
  const mask = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < mask.length; i++, at += 3) {
    let inside = true;
    for (let c = 0; c < 3 && inside; c++) inside = samples[at + c]! >= low[c]! && samples[at + c]! <= high[c]!;
    if (inside) mask[i] = 255;
  }
  return mask;
}
