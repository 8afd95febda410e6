import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, TileKey } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import type { Frame } from '../../media/frame';
import { adainFrame } from '../adain';
import type { FrameProcessor } from '../upscaleTiles';
import { inverted, scaling, type Similarity, toFaceImage } from './align';
import { detectFaces } from './detectFaces';
import { feather } from './feather';
import { paste } from './paste';
import { resample, type Region, type Samples } from './resample';

/** Smallest face that is restored unless asked otherwise, in pixels of the frame. */
const SMALLEST = 32;

/** Faces through the model: found, cut out upright, restored, put back. The rest of a frame stays what it is, to the bit. */
export interface FaceProcessor extends FrameProcessor {
  readonly count: FaceCount;
}

export interface FaceCount {
  /** Faces restored so far, each in every frame anew. */
  readonly found: number;
  /** Frames so far in which there was none, and which are unchanged. */
  readonly framesWithout: number;
}

/** A face on its way through the model. */
interface Cutting {
  readonly frame: Frame;
  /** From the frame to the face picture. */
  readonly toFace: Similarity;
}

/** `finder` null: every frame is one aligned face, and a square. */
export function faceProcessor(
  model: Model,
  finder: FaceFinder | null,
  { minFace, colorFix }: Pick<Job, 'minFace' | 'colorFix'>,
): FaceProcessor {
  const side = model.info.tile.size;
  const profile = feather(side);
  let [found, framesWithout] = [0, 0];

  const cuttings = async (frame: Frame, signal: AbortSignal): Promise<readonly Cutting[]> => {
    if (!finder) return [{ frame, toFace: scaling(frame.width, side) }];
    const faces = await detectFaces(samplesOf(frame), finder, minFace ?? SMALLEST, signal);
    return faces.map(({ landmarks }) => ({ frame, toFace: toFaceImage(landmarks, side) }));
  };

  /** `result` is changed in place. */
  const putBack = (result: Samples, face: Samples, toFace: Similarity): void => {
    if (finder) paste(result, face, toFace, profile);
    else result.data.set(resample(face, toFace, wholeOf(result)).data);
  };

  return {
    tile: { width: side, height: side },
    tileMs: null, // the first frame may have no face
    cacheStats: null, // a face moves with every breath
    get count() {
      return { found, framesWithout };
    },
    async run(frames, signal) {
      const all: Cutting[] = [];
      for (const frame of frames) {
        const mine = await cuttings(frame, signal);
        all.push(...mine);
        if (mine.length === 0) framesWithout++;
      }
      found += all.length;
      const results = new Map<Frame, Frame>();
      for (let from = 0; from < all.length; from += frames.length) {
        const some = all.slice(from, from + frames.length);
        const restored = await throughModel(model, some, side, colorFix === 'adain', signal);
        some.forEach(({ frame, toFace }, n) => {
          const result = results.get(frame) ?? { ...frame, data: new Uint8Array(frame.data) };
          results.set(frame, result);
          putBack(samplesOf(result), restored[n]!, toFace);
        });
      }
      return frames.map((frame) => results.get(frame) ?? frame);
    },
  };
}

/**
 * All faces get the same noise, that of the top left corner of the shot's canvas: so it stays on the same places of a face
 * while the face moves, and does not depend on how many others are in the frame.
 */
const keyOf = ({ scene, pts }: Frame): TileKey => ({ x: 0, y: 0, scene, frame: pts });

async function throughModel(
  model: Model,
  cuttings: readonly Cutting[],
  side: number,
  inItsColours: boolean,
  signal: AbortSignal,
): Promise<readonly Samples[]> {
  const pictures = cuttings.map(({ frame, toFace }): Frame => {
    const { data } = resample(samplesOf(frame), inverted(toFace), { left: 0, top: 0, width: side, height: side });
    return { ...frame, width: side, height: side, data: new Uint8Array(data.buffer) };
  });
  const data = new Uint8Array(Buffer.concat(pictures.map((picture) => picture.data)));
  const keys = cuttings.map(({ frame }) => keyOf(frame));
  const made = await model.run({ width: side, height: side, data, keys }, signal).catch((error: unknown) => {
    throw isFull(error) ? tooLarge(side, error) : error;
  });
  const bytes = made.length / cuttings.length;
  return pictures.map((picture, n) => {
    const restored = { ...picture, data: made.slice(n * bytes, (n + 1) * bytes) };
    return samplesOf(inItsColours ? adainFrame(restored, picture) : restored);
  });
}

const isFull = (error: unknown): error is RemasterError =>
  error instanceof RemasterError && error.code === 'GPU_OUT_OF_MEMORY';

/** Smaller tiles, the usual way out, there are none: the model sees a face whole. */
const tooLarge = (side: number, cause: RemasterError): RemasterError =>
  new RemasterError('GPU_OUT_OF_MEMORY', `A face picture of ${side}×${side} pixels does not fit into memory.`, {
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
