import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelRequest } from '../../../model/model';
import type { ImageJob, ImageResult, ImageSource } from '../../../settings/imageJob';
import { faceSettings } from '../../frames/face/faceSettings';
import { faceProcessor } from '../../frames/face/restoreFaces';
import { modelRequest, wantedScale } from '../../frames/modelRequest';
import { tileProcessor } from '../../frames/upscaleTiles';
import { decodeImage, tooLarge } from '../../media/image/decodeImage';
import { encodeImage } from '../../media/image/encodeImage';
import { scaledSize } from '../../media/resize';

/** What a picture needs from outside. */
export interface ImageTools {
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
}

/** Pixels of a result at most, as of a frame. */
const LARGEST_RESULT = 2 ** 28;

/** One picture through the model, as a frame goes: the same pixels as the only frame of a video. */
export async function upscaleImage(
  source: ImageSource,
  job: ImageJob,
  { openModel, openFaceFinder }: ImageTools,
  signal: AbortSignal,
): Promise<ImageResult> {
  const started = performance.now();
  const still = await decodeImage(source, job.maxPixels);
  signal.throwIfAborted();
  await using model = await openModel({ ...modelRequest(job), depth: still.depth });
  const { name, provider, steps, scale: most } = model.info;
  if (model.info.task === 'inpaint') {
    throw new RemasterError('MODEL_INCOMPATIBLE', `The model ${name} fills holes in videos, not in single pictures.`, {
      remedy: 'Choose a model that enlarges or restores.',
    });
  }
  const facesBy = faceSettings(job, model.info, still);
  await using finder = facesBy === 'detect' ? openFaceFinder() : null;
  const scale = wantedScale(job, model);
  if (still.width * still.height * most ** 2 > LARGEST_RESULT)
    throw tooLarge(
      `The result would be ${still.width * most}×${still.height * most}; the limit is ${Math.floor(LARGEST_RESULT / 1e6)} megapixels.`,
      'Use a smaller image, or a model with a smaller scale.',
    );
  const alone = { ...job, tileCache: null, segment: 1 }; // nothing before it could be the same
  const enhance = facesBy === null ? tileProcessor(model, still, alone, () => {}) : faceProcessor(model, finder, job);
  const { width, height, depth, data } = still;
  const [made] = await enhance.run([{ index: 0, pts: 0, scene: 0, width, height, depth, data }], signal);
  signal.throwIfAborted();
  const stored = scale === most ? made! : scaledSize(still, scale);
  const result = await encodeImage(made!, still, { width: stored.width, height: stored.height }, job);
  return { ...result, scale, ms: performance.now() - started, model: { name, provider, steps } };
}
