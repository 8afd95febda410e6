import type { Manifest } from '../bundle/manifest';
import type { TileBatch } from '../model';

/** Minimum side of the tile, in source pixels. */
const SIDE = 16;
/** Upper limit of the PSNR, which is infinite for equal images. */
const MAX_DB = 99;

/**
 * A smooth image of one tile, with a mask for inpainting models: a test for a provider and for the model. `bits` per
 * sample.
 */
export function smoothTile({ task, multiple, tile }: Manifest, bits: 8 | 16): TileBatch {
  const side = tile.fixed ? tile.size : Math.ceil(SIDE / multiple) * multiple;
  const image = smoothImage(side);
  const data = bits === 8 ? Uint8Array.from(image, (v) => v * 255) : words(image);
  const mask = Uint8Array.from({ length: side * side }, (_, i) => (i % 5 === 0 ? 255 : 0));
  const keys = [{ x: 0, y: 0, scene: 0, frame: 0 }];
  return { width: side, height: side, data, keys, ...(task === 'inpaint' && { mask }) };
}

/**
 * PSNR in dB of `result`, what a model made of `smoothTile`, against the same image at its size: what plain enlargement
 * makes of a smooth image. `range`: of its samples; see `ModelInfo.referenceRange`. At most 99.
 */
export function smoothPsnr(
  result: Uint8Array,
  side: number,
  bits: 8 | 16,
  [from, to]: readonly [number, number],
): number {
  const expected = smoothImage(side);
  const samples = bits === 8 ? result : new Uint16Array(new Uint8Array(result).buffer);
  const most = 2 ** bits - 1;
  let sum = 0;
  for (let i = 0; i < expected.length; i++) sum += (from + ((to - from) * samples[i]!) / most - expected[i]!) ** 2;
  return Math.min(MAX_DB, -10 * Math.log10(sum / expected.length));
}

/** All samples of a result are equal, as broken drivers make it. */
export const isSingleColour = (result: Uint8Array): boolean => result.every((byte) => byte === result[0]);

/** [side, side, 3], 0…1: one wave per colour, each in another direction. Plain grey instead of it has 9.4 dB. */
function smoothImage(side: number): Float64Array {
  const image = new Float64Array(side * side * 3);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [u, v] = [(x + 0.5) / side, (y + 0.5) / side];
      for (const phase of [u, v, u + v]) image[i++] = 0.5 + 0.48 * Math.cos(2 * Math.PI * phase);
    }
  }
  return image;
}

const words = (image: Float64Array): Uint8Array => new Uint8Array(Uint16Array.from(image, (v) => v * 65_535).buffer);
