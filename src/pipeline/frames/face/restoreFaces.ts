import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, TileKey } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { Frame } from '../../media/frame';
import { adainFrame } from '../adain';
import type { FrameProcessor } from '../frameProcessor';
import { inverted, scaling, type Similarity, toFaceImage } from './align';
import { detectFaces } from './detectFaces';
import { feather } from './feather';
import { paste } from './paste';
import { resample, type Region, type Samples } from './resample';

/** Default smallest face, in pixels of the frame. */
const DEFAULT_MIN_FACE = 32;

/** A face to be restored. */
interface FaceCrop {
  readonly frame: Frame;
  /** From the frame to the face image. */
  readonly toFace: Similarity;
}

/**
 * Detects faces, crops and aligns them, restores them with the model and pastes them back. All other pixels are
 * unchanged. `finder` null: every frame is a square with one aligned face.
 */
export function faceProcessor(
  model: Model,
  finder: FaceFinder | null,
  { minFace, colorFix }: Pick<Job, 'minFace' | 'colorFix'>,
): FrameProcessor {
  const side = model.info.tile.size;
  const profile = feather(side);
  let [found, framesWithout] = [0, 0];

  const crops = async (frame: Frame, signal: AbortSignal): Promise<readonly FaceCrop[]> => {
    if (!finder) return [{ frame, toFace: scaling(frame.width, side) }];
    const faces = await detectFaces(samplesOf(frame), finder, minFace ?? DEFAULT_MIN_FACE, signal);
    return faces.map(({ landmarks }) => ({ frame, toFace: toFaceImage(landmarks, side) }));
  };

  /** `result` is changed in place. */
  const pasteFace = (result: Samples, face: Samples, toFace: Similarity): void => {
    if (finder) paste(result, face, toFace, profile);
    else result.data.set(resample(face, toFace, wholeOf(result)).data);
  };

  return {
    tile: { width: side, height: side },
    tileMs: null, // the first frame may have no face
    cacheStats: null, // faces move all the time
    get faces() {
      return { found, framesWithout };
    },
    async run(frames, signal) {
      const all: FaceCrop[] = [];
      for (const frame of frames) {
        const ownCrops = await crops(frame, signal);
        all.push(...ownCrops);
        if (ownCrops.length === 0) framesWithout++;
      }
      found += all.length;
      const results = new Map<Frame, Frame>();
      for (let from = 0; from < all.length; from += frames.length) {
        const some = all.slice(from, from + frames.length);
        const restored = await restoreCrops(model, some, side, colorFix === 'adain', signal);
        some.forEach(({ frame, toFace }, n) => {
          const result = results.get(frame) ?? { ...frame, data: new Uint8Array(frame.data) };
          results.set(frame, result);
          pasteFace(samplesOf(result), restored[n]!, toFace);
        });
      }
      return frames.map((frame) => results.get(frame) ?? frame);
    },
  };
}

/**
 * All faces get the same noise, that of the top left corner of the shot: it stays at the same positions of a face while
 * the face moves, and does not depend on the number of faces in the frame.
 */
const keyOf = ({ scene, pts }: Frame): TileKey => ({ x: 0, y: 0, scene, frame: pts });

async function restoreCrops(
  model: Model,
  crops: readonly FaceCrop[],
  side: number,
  fixColours: boolean,
  signal: AbortSignal,
): Promise<readonly Samples[]> {
  const images = crops.map(({ frame, toFace }): Frame => {
    const { data } = resample(samplesOf(frame), inverted(toFace), { left: 0, top: 0, width: side, height: side });
    return { ...frame, width: side, height: side, data: new Uint8Array(data.buffer) };
  });
  const data = new Uint8Array(Buffer.concat(images.map((image) => image.data)));
  const keys = crops.map(({ frame }) => keyOf(frame));
  const output = await model.run({ width: side, height: side, data, keys }, signal).catch((error: unknown) => {
    throw isOutOfMemory(error) ? tooLarge(side, error) : error;
  });
  const bytes = output.length / crops.length;
  return images.map((image, n) => {
    const restored = { ...image, data: output.slice(n * bytes, (n + 1) * bytes) };
    return samplesOf(fixColours ? adainFrame(restored, image) : restored);
  });
}

const isOutOfMemory = (error: unknown): error is RemasterError =>
  error instanceof RemasterError && error.code === 'GPU_OUT_OF_MEMORY';

/** Smaller tiles are no remedy here: the model needs the whole face. */
const tooLarge = (side: number, cause: RemasterError): RemasterError =>
  new RemasterError('GPU_OUT_OF_MEMORY', `A face image of ${side}×${side} pixels does not fit into memory.`, {
    remedy: 'Close other programs, or choose the provider cpu.',
    detail: cause.detail,
    cause,
  });

/** A view. */
function samplesOf({ width, height, depth, data }: Frame): Samples {
  const { buffer, byteOffset, byteLength } = data;
  return { width, height, data: depth === 8 ? data : new Uint16Array(buffer, byteOffset, byteLength / 2) };
}

const wholeOf = ({ width, height }: Samples): Region => ({ left: 0, top: 0, width, height });
