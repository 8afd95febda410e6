import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, Shot, TileKey } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { Frame } from '../../media/frame';
import { adainFrame } from '../adain';
import type { FrameProcessor } from '../frameProcessor';
import { isOutOfMemory } from '../outOfMemory';
import { shotPrompts } from '../shotPrompts';
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
  /** The same for all faces of a shot. */
  readonly key: TileKey;
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

  /** Small faces first. */
  const facesOf = async (frame: Frame, signal: AbortSignal): Promise<readonly Similarity[]> => {
    if (!finder) return [scaling(frame.width, side)];
    const faces = await detectFaces(samplesOf(frame), finder, minFace ?? DEFAULT_MIN_FACE, signal);
    return faces.map(({ landmarks }) => toFaceImage(landmarks, side));
  };
  const keysOf = faceKeys(model, side, facesOf);

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
        const faces = await facesOf(frame, signal);
        if (faces.length === 0) {
          framesWithout++;
          continue;
        }
        const key = await keysOf(frame, signal);
        all.push(...faces.map((toFace) => ({ frame, toFace, key })));
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
    close() {},
  };
}

/**
 * All faces get the same noise, that of the top left corner of the shot: it stays at the same positions of a face while
 * the face moves, and does not depend on the number of faces in the frame. A model's prompt is that of the largest face
 * in the first frame of the shot, or of the whole frame if it has none.
 */
function faceKeys(
  model: Model,
  side: number,
  facesOf: (frame: Frame, signal: AbortSignal) => Promise<readonly Similarity[]>,
): (frame: Frame, signal: AbortSignal) => Promise<TileKey> {
  let depth: Frame['depth'] = 8;
  const prompt = async (shot: Shot, signal: AbortSignal) => {
    const frame: Frame = { ...shot, index: 0, pts: 0, scene: 0, depth };
    const toFace = (await facesOf(frame, signal)).at(-1);
    return model.prompt!(toFace ? faceImage(frame, toFace, side) : shot, signal);
  };
  const keysOf = shotPrompts(model.prompt ? { ...model, prompt } : model);
  return async (frame, signal) => {
    ({ depth } = frame);
    const [key] = await keysOf([frame], signal);
    return { x: 0, y: 0, ...key! };
  };
}

function faceImage(frame: Frame, toFace: Similarity, side: number): Frame {
  const { data } = resample(samplesOf(frame), inverted(toFace), { left: 0, top: 0, width: side, height: side });
  return { ...frame, width: side, height: side, data: new Uint8Array(data.buffer) };
}

async function restoreCrops(
  model: Model,
  crops: readonly FaceCrop[],
  side: number,
  fixColours: boolean,
  signal: AbortSignal,
): Promise<readonly Samples[]> {
  const images = crops.map(({ frame, toFace }) => faceImage(frame, toFace, side));
  const data = new Uint8Array(Buffer.concat(images.map((image) => image.data)));
  const keys = crops.map(({ key }) => key);
  const output = await model.run({ width: side, height: side, data, keys }, signal).catch((error: unknown) => {
    throw isOutOfMemory(error) ? tooLarge(side, error) : error;
  });
  const bytes = output.length / crops.length;
  return images.map((image, n) => {
    const restored = { ...image, data: output.slice(n * bytes, (n + 1) * bytes) };
    return samplesOf(fixColours ? adainFrame(restored, image) : restored);
  });
}

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
