import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelInfo, Shot } from '../../../model/model';
import type { LiveJob } from '../../../settings/liveJob';
import type { CacheStats } from '../../../settings/restoreJob';
import { chooseBatchSize } from '../../frames/chooseBatchSize';
import { type TileSizeChooser, tileSizeChooser } from '../../frames/chooseTileSize';
import { faceSettings } from '../../frames/face/faceSettings';
import { faceProcessor } from '../../frames/face/restoreFaces';
import { wantedScale } from '../../frames/modelRequest';
import { regionPlace, regionProcessor } from '../../frames/region';
import { type FrameProcessor, tileProcessor } from '../../frames/upscaleTiles';
import type { Frame } from '../../media/frame';
import { scaledSize } from '../../media/resize';
import type { CameraInfo, CameraFrame } from './camera';
import { batchKey, type Participant } from './crossCameraBatch';
import type { LiveFrame } from './liveFrame';

/** One way of making the pictures of a camera: a model with so many steps, for all of the picture or a part of it. */
export interface QualityLevel {
  readonly info: ModelInfo;
  /** Only the region goes through the model. */
  readonly isRegionOnly: boolean;
  /** Equal for ways whose tiles may go into one call; null before the first picture, whose size decides. */
  readonly batchKey: string | null;
  upscale(picture: CameraFrame, participant: Participant, signal: AbortSignal): Promise<LiveFrame>;
  /** Tiles that are worth going into one call; tried out the first time. */
  maxBatch(signal: AbortSignal): Promise<number>;
  /** What the tileCache has saved since the pictures last changed their size. */
  cacheStats(): CacheStats | null;
}

/** Pictures after which is looked again at how much of them stands still, and all tiles are inferred anew when a tolerance lets small changes pass: ten seconds of most cameras. */
const REFRESH = 250;

/** What depends on the size of the pictures is made anew when that changes. `isRegionOnly`: only the region of the settings. */
export function openQualityLevel(
  model: Model,
  finder: FaceFinder | null,
  settings: Omit<LiveJob, 'target' | 'quality'>,
  isRegionOnly: boolean,
  /** The tiles are cut in another way from this picture on. */
  onChange: () => void,
): QualityLevel {
  let known: CameraInfo | null = null;
  let enhancing: FrameProcessor | null = null;
  let first: { readonly first?: Shot } = {};
  let participant: Participant | null = null;
  let look: TileSizeChooser | null = null;
  let cut: Pick<LiveJob, 'tile' | 'overlap'> = settings;
  let count = 0;
  const carried: Model = { ...model, run: (batch, signal) => participant!.run(model, batch, signal) };

  const forSize = (info: CameraInfo): FrameProcessor => {
    const faces = faceSettings(settings, model.info, info);
    if (faces !== null && isRegionOnly) throw facesAreParts(model.info.name);
    if (faces !== null) return faceProcessor(carried, finder, settings);
    const { tile, overlap } = cut;
    const choice = { ...settings, tile, overlap, segment: REFRESH };
    if (!isRegionOnly) return tileProcessor(carried, info, choice, () => {});
    const place = regionPlace(settings.region!, info, model.info.multiple);
    return regionProcessor(
      tileProcessor(carried, place, choice, () => {}, 0, place),
      place,
      model.info.scale,
    );
  };
  // A region is small by itself, and of a picture that changes everywhere nothing can be saved.
  const isChoice =
    settings.tile === null &&
    settings.tileCache !== null &&
    settings.noise === 'shared' &&
    !isRegionOnly &&
    model.info.task !== 'face';

  /** Small tiles while much of the picture stands still, as for films; but what a camera sees changes with the time of day. */
  const settleTile = (info: CameraInfo, frame: Frame): void => {
    if (count++ % REFRESH === 0)
      look = tileSizeChooser(model.info, info, { tileCache: settings.tileCache!, overlap: settings.overlap });
    if (!look?.see(frame)) return;
    const { best, isStill } = look;
    look = null;
    if (isStill || (best ?? settings).tile === cut.tile) return;
    cut = best ?? settings;
    enhancing = forSize(info);
    onChange();
  };

  return {
    info: model.info,
    isRegionOnly,
    get batchKey() {
      return enhancing && batchKey(model.info, enhancing.tile);
    },
    async upscale({ info, index, at, data }, own, signal) {
      const { width, height, pixelAspect, colour } = info;
      if (info !== known) {
        [cut, count, look] = [settings, 0, null];
        enhancing = forSize(info);
        known = info;
        if (model.prompt) first = { first: { width, height, data } };
      }
      participant = own;
      // One shot for ever: a camera does not cut, and what stands still gets the same noise after every reconnection.
      const frame = { index, pts: index, scene: 0, ...first, width, height, depth: 8 as const, data };
      if (isChoice) settleTile(info, frame);
      const [made] = await enhancing!.run([frame], signal);
      const stored = scaledSize(info, wantedScale(settings, model));
      return { ...made!, at, done: performance.now(), stored, pixelAspect, colour };
    },
    maxBatch: async (signal) => (enhancing ? chooseBatchSize(model, enhancing.tile, 8, signal, enhancing.tileMs) : 1),
    cacheStats: () => enhancing?.cacheStats ?? null,
  };
}

const facesAreParts = (name: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The model ${name} is for faces, which are parts of a picture already.`, {
    remedy: 'Leave the region empty, or choose a model for whole pictures.',
  });
