import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelRequest } from '../../../model/model';
import type { ImageJob, ImageResult, ImageSource } from '../../../settings/imageJob';
import { faceSettings } from '../../frames/face/faceSettings';
import { faceProcessor } from '../../frames/face/restoreFaces';
import { modelRequest, wantedScale } from '../../frames/modelRequest';
import { tileProcessor } from '../../frames/upscaleTiles';
import { decodeImage, tooLarge } from '../../media/image/decodeImage';
import { encodeImage } from '../../media/image/encodeImage';
import { fillTransparent } from '../../media/image/fillTransparent';
import { scaledSize } from '../../media/resize';

/** The services the job uses. */
export interface ImageTools {
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
}

/** Most pixels of the output, as for a frame. */
const MAX_OUTPUT_PIXELS = 2 ** 28;

/** Upscales one image. The pixels are the same as those of a video with this single frame. */
export async function upscaleImage(
  source: ImageSource,
  job: ImageJob,
  { openModel, openFaceFinder }: ImageTools,
  signal: AbortSignal,
): Promise<ImageResult> {
  const started = performance.now();
  const image = await decodeImage(source, job.maxPixels);
  signal.throwIfAborted();
  await using model = await openModel({ ...modelRequest(job), depth: image.depth });
  const { name, provider, steps, scale: modelScale } = model.info;
  if (model.info.task === 'inpaint') {
    throw new RemasterError(
      'MODEL_INCOMPATIBLE',
      `The inpainting model ${name} works on videos, not on single images.`,
      {
        remedy: 'Choose a model that upscales or restores.',
      },
    );
  }
  const faceMode = faceSettings(job, model.info, image);
  await using finder = faceMode === 'detect' ? openFaceFinder() : null;
  const scale = wantedScale(job, model);
  if (image.width * image.height * modelScale ** 2 > MAX_OUTPUT_PIXELS)
    throw tooLarge(
      `The output would be ${image.width * modelScale}×${image.height * modelScale}; the limit is ${Math.floor(MAX_OUTPUT_PIXELS / 1e6)} megapixels.`,
      'Use a smaller image, or a model with a smaller scale.',
    );
  const settings = { ...job, tileCache: null, segment: 1 }; // a single frame has nothing to reuse
  const processor =
    faceMode === null ? tileProcessor(model, image, settings, () => {}) : faceProcessor(model, finder, job);
  const { width, height, depth } = image;
  const data = fillTransparent(image);
  const [output] = await processor.run([{ index: 0, pts: 0, scene: 0, width, height, depth, data }], signal);
  signal.throwIfAborted();
  const stored = scale === modelScale ? output! : scaledSize(image, scale);
  const result = await encodeImage(output!, image, { width: stored.width, height: stored.height }, job);
  return { ...result, scale, ms: performance.now() - started, model: { name, provider, steps } };
}
