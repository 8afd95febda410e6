import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelInfo, Shot } from '../../../model/model';
import type { LiveJob } from '../../../settings/liveJob';
import type { CacheStats } from '../../../settings/restoreJob';
import { chooseBatchSize } from '../../frames/chooseBatchSize';
import { faceSettings } from '../../frames/face/faceSettings';
import { faceProcessor } from '../../frames/face/restoreFaces';
import type { FrameProcessor } from '../../frames/frameProcessor';
import { wantedScale } from '../../frames/modelRequest';
import { regionPlace, regionProcessor } from '../../frames/region';
import { shrink } from '../../frames/shrink';
import { tileProcessor } from '../../frames/upscaleTiles';
import { scaledSize } from '../../media/resize';
import { adaptiveTiles, REFRESH } from './adaptiveTiles';
import type { CameraFrame } from './camera';
import type { CameraInfo } from './cameraProbe';
import { batchKey, type Participant } from './crossCameraBatch';
import type { LiveFrame } from './liveFrame';
import { type QualityStep, sizeAt } from './qualityLadder';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** One way to upscale a camera's frames: a model with a number of steps, for the whole frame, a smaller one or a region. */
export interface QualityLevel {
  readonly info: ModelInfo;
  /** Only the region goes through the model. */
  readonly isRegionOnly: boolean;
  /** Of the frames that the model gets; null before the first. */
  readonly lines: number | null;
  /** Equal for levels whose tiles may share a batch; null before the first frame, whose size decides. */
  readonly batchKey: string | null;
  upscale(cameraFrame: CameraFrame, participant: Participant, signal: AbortSignal): Promise<LiveFrame>;
  /** The largest useful number of tiles per batch; measured on the first call. */
  maxBatch(signal: AbortSignal): Promise<number>;
  /** Ends its threads. */
  close(): void;
  /** Savings of the tile cache since the size of the frames or of the tiles last changed. */
  cacheStats(): CacheStats | null;
}

/** Everything that depends on the frame size is rebuilt when that changes. */
export function openQualityLevel(
  model: Model,
  finder: FaceFinder | null,
  settings: Omit<LiveJob, 'target' | 'quality'>,
  step: QualityStep,
  /** Called when the tile size changes. */
  onChange: () => void,
  warn: (warning: string) => void,
): QualityLevel {
  const { isRegionOnly } = step;
  let currentInfo: CameraInfo | null = null;
  /** Of the frames that the model gets. */
  let reduced: CameraInfo | null = null;
  let processor: FrameProcessor | null = null;
  let prompt: { readonly shotFirstFrame?: Shot } = {};
  let participant: Participant | null = null;
  const batched: Model = { ...model, run: (batch, signal) => participant!.run(model, batch, signal) };
  const adaptive = adaptiveTiles(model, settings, isRegionOnly);
  const setProcessor = (info: CameraInfo): void => {
    processor?.close();
    processor = processorFor(batched, finder, { ...settings, ...adaptive.tiles }, isRegionOnly, info, warn);
  };

  return {
    info: model.info,
    isRegionOnly,
    get lines() {
      return reduced && reduced.height;
    },
    get batchKey() {
      return processor && batchKey(model.info, processor.tile);
    },
    async upscale({ info, index, at, data: sent }, own, signal) {
      if (info !== currentInfo || reduced === null) {
        reduced = reducedInfo(info, sizeAt(step, info.height));
        adaptive.reset();
        setProcessor(reduced);
        prompt = {};
        currentInfo = info;
      }
      const { width, height, pixelAspect, colour } = reduced;
      const data = reduced === info ? sent : shrink({ ...info, data: sent }, { width, height }).data;
      if (model.prompt) prompt = { shotFirstFrame: prompt.shotFirstFrame ?? { width, height, data } };
      participant = own;
      // A camera has no cuts: all frames are one shot, so static parts get the same noise after a reconnect.
      const frame = { index, pts: index, scene: 0, ...prompt, width, height, depth: 8 as const, data };
      if (adaptive.see(reduced, frame)) {
        setProcessor(reduced);
        onChange();
      }
      const [output] = await processor!.run([frame], signal);
      const stored = storedSize(info, output!, wantedScale(settings, model));
      return { ...output!, at, done: performance.now(), stored, pixelAspect, colour };
    },
    maxBatch: async (signal) => (processor ? chooseBatchSize(model, processor.tile, 8, signal, processor.tileMs) : 1),
    cacheStats: () => processor?.cacheStats ?? null,
    close: () => processor?.close(),
  };
}

function reducedInfo(info: CameraInfo, size: number): CameraInfo {
  const side = (length: number): number => Math.max(2, 2 * Math.round((length * size) / 2));
  return size === 1 ? info : { ...info, width: side(info.width), height: side(info.height) };
}

/** The wanted size, or that of the model's output where a smaller frame did not give as much. */
function storedSize(info: CameraInfo, { width, height }: Size, scale: number): Size {
  const wanted = scaledSize(info, scale);
  return height < wanted.height ? { width, height } : wanted;
}

/** What upscales frames of one size: all of each frame, its faces, or the region. */
function processorFor(
  model: Model,
  finder: FaceFinder | null,
  settings: Omit<LiveJob, 'target' | 'quality'>,
  isRegionOnly: boolean,
  info: CameraInfo,
  warn: (warning: string) => void,
): FrameProcessor {
  const faces = faceSettings(settings, model.info, info);
  if (faces !== null && isRegionOnly) throw regionWithFaces(model.info.name);
  if (faces !== null) return faceProcessor(model, finder, settings);
  const choice = { ...settings, segment: REFRESH };
  if (!isRegionOnly) return tileProcessor(model, info, choice, warn);
  const place = regionPlace(settings.region!, info, model.info.multiple);
  return regionProcessor(tileProcessor(model, place, choice, warn, 0, place), place, model.info.scale);
}

const regionWithFaces = (name: string): RemasterError =>
  new RemasterError('BAD_SETTING', `A region cannot be combined with the face model ${name}.`, {
    remedy: 'Leave the region empty, or choose a model for whole frames.',
  });
