import type { ImageSource } from '../../../settings/imageJob';
import { dilate } from '../../frames/inpaint/dilate';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { colourMasker, type FrameMasker } from '../../frames/inpaint/maskFrames';
import { checkShape, maskOf } from '../../frames/inpaint/readMask';
import { decodeImage } from '../../media/image/decodeImage';
import { letterbox } from '../../media/image/letterbox';

/**
 * Adds the mask to an image: `mask` in the size of the image, or a colour. Errors: those of the mask as an image,
 * MASK_INVALID if its aspect ratio differs.
 */
export async function imageMasker(
  inpaint: InpaintSettings,
  mask: ImageSource | null,
  { width, height }: { readonly width: number; readonly height: number },
  maxPixels: number,
): Promise<FrameMasker> {
  if (inpaint.from === 'colour') return colourMasker(inpaint);
  const decoded = await decodeImage(mask!, maxPixels);
  checkShape('The mask', decoded, 'image', { width, height });
  const pixels = maskOf(await letterbox(decoded, { width, height, depth: 8 }));
  dilate(pixels, width, height, inpaint.grow);
  return {
    source: null,
    masking: () => async (frame) => ({ ...frame, mask: pixels }),
    async [Symbol.asyncDispose]() {},
  };
}
