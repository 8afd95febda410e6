import type { ImageJob, ImageResult, ImageSource } from '../../../settings/imageJob';
import { withModel } from '../../frames/autoModel';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { wantedScale } from '../../frames/modelRequest';
import { suspicionWarnings } from '../../frames/suspicion';
import { openModelFor, type ProcessorTools } from '../../frames/processor';
import { decodeImage, tooLarge } from '../../media/image/decodeImage';
import { encodeImage } from '../../media/image/encodeImage';
import { fillTransparent } from '../../media/image/fillTransparent';
import { scaledSize } from '../../media/resize';
import { imageTraits } from '../../media/traits/imageTraits';
import { imageMasker } from './imageMasker';

/** Most pixels of the output, as for a frame. */
const MAX_OUTPUT_PIXELS = 2 ** 28;

/**
 * Upscales one image. The pixels are the same as those of a video with this single frame. `mask`: an image that is white
 * where an inpainting model fills; null = `given.maskColor` tells. Errors: those of the images and of the model, BAD_SETTING,
 * MASK_INVALID, IMAGE_TOO_LARGE.
 */
export async function upscaleImage(
  source: ImageSource,
  given: ImageJob,
  tools: ProcessorTools,
  mask: ImageSource | null,
  signal: AbortSignal,
): Promise<ImageResult> {
  const started = performance.now();
  const image = await decodeImage(source, given.maxPixels);
  signal.throwIfAborted();
  const bytes = source.kind === 'file' ? source.data.length : null;
  const describe = async () => imageTraits(image, image.format, bytes);
  const { settings, chosen } = await withModel({ ...given, mask: mask && 'the mask' }, tools, describe);
  const { mask: _, ...job } = settings;
  const openMask = (inpaint: InpaintSettings) => imageMasker(inpaint, mask, image, job.maxPixels);
  await using opened = await openModelFor(settings, image, tools, openMask, signal);
  const { model } = opened;
  const { name, provider, steps, scale: modelScale } = model.info;
  const scale = wantedScale(job, model);
  if (image.width * image.height * modelScale ** 2 > MAX_OUTPUT_PIXELS)
    throw tooLarge(
      `The output would be ${image.width * modelScale}×${image.height * modelScale}; the limit is ${Math.floor(MAX_OUTPUT_PIXELS / 1e6)} megapixels.`,
      'Use a smaller image, or a model with a smaller scale.',
    );
  const warnings: string[] = [...suspicionWarnings(model.info)];
  const warn = (warning: string): void => void warnings.push(warning);
  const processor = opened.processor({ ...job, tileCache: null, segment: 1 }, warn); // a single frame has nothing to reuse
  const { width, height, depth } = image;
  const data = fillTransparent(image);
  const frame = { index: 0, pts: 0, scene: 0, width, height, depth, data };
  const marked = opened.masker ? await opened.masker.masking(0)(frame) : frame;
  const [output] = await processor.run([marked], signal);
  signal.throwIfAborted();
  const stored = scale === modelScale ? output! : scaledSize(image, scale);
  const result = await encodeImage(output!, image, { width: stored.width, height: stored.height }, job);
  return {
    ...result,
    scale,
    ms: performance.now() - started,
    warnings,
    model: { name, provider, steps, ...(chosen && { reason: chosen.reason }) },
  };
}
