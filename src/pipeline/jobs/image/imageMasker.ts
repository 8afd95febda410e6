import type { ImageSource } from '../../../settings/imageJob';
import { maskError } from '../../../settings/maskError';
import { dilate } from '../../frames/inpaint/dilate';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { colourMasker, type FrameMasker } from '../../frames/inpaint/maskFrames';
import { checkShape, maskOf } from '../../frames/inpaint/readMask';
import { type DecodedImage, decodeImage } from '../../media/image/decodeImage';
import { letterbox } from '../../media/image/letterbox';

/**
 * Adds the mask to an image: `mask`, scaled to the size of the image, or a colour. Errors: MASK_INVALID if the mask cannot
 * be read or its aspect ratio differs.
 */
export async function imageMasker(
  inpaint: InpaintSettings,
  mask: ImageSource | null,
  { width, height }: { readonly width: number; readonly height: number },
  maxPixels: number,
): Promise<FrameMasker> {
  if (inpaint.from === 'colour') return colourMasker(inpaint);
  const decoded = await decodeImage(mask!, maxPixels).catch((error: unknown) => {
    throw maskError(error);
  });
  checkShape('The mask', decoded, 'image', { width, height });
  const size = { width, height, depth: 8 } as const;
  const pixels = maskOf(await letterbox({ ...decoded, data: overBlack(decoded) }, size, 'fill'));
  dilate(pixels, width, height, inpaint.grow);
  return {
    source: null,
    masking: () => async (frame) => ({ ...frame, mask: pixels }),
    async [Symbol.asyncDispose]() {},
  };
}

/** Colours over black: under transparency editors store any colour, often white. */
function overBlack({ data, alpha, depth }: DecodedImage): Uint8Array {
  if (!alpha) return data;
  const over = new Uint8Array(data);
  const [samples, opacity] =
    depth === 8
      ? [over, alpha]
      : [new Uint16Array(over.buffer), new Uint16Array(alpha.buffer, alpha.byteOffset, alpha.length / 2)];
  const full = 2 ** depth - 1;
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i]! * opacity[Math.floor(i / 3)]!) / full;
  return over;
}
