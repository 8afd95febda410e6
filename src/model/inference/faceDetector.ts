import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../errors';
import { packagedModels } from '../bundle/modelLibrary';
import type { Face, RgbImage } from '../model';
import type { Runtime } from './runtime';
import { yunetDecode, type YunetGrid } from './yunetDecode';

/** YuNet; see models/faces/CARD.md. */
export const DETECTOR_SHA256 = '104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12';

const STRIDES = [8, 16, 32] as const;
/** The sides of the input must be multiples of the coarsest stride. */
const MULTIPLE = 32;
/** Minimum score. Below it, cats and flowers are detected as faces. */
const MIN_SCORE = 0.6;

/** A loaded detector. Runs in the session thread, on the CPU: an image takes about 20 ms. */
export interface FaceDetector {
  /** Returns the faces by descending score. */
  find(image: RgbImage): Promise<readonly Face[]>;
}

export async function loadFaceDetector(runtime: Runtime, file = detectorFile()): Promise<FaceDetector> {
  const session = await runtime.InferenceSession.create(await readDetector(file), { executionProviders: ['cpu'] });
  return {
    async find(image) {
      const [width, height] = [roundUp(image.width), roundUp(image.height)];
      const input = new runtime.Tensor('float32', planes(image, width, height), [1, 3, height, width]);
      const results = await session.run({ input });
      const values = (name: string): Float32Array => {
        const { data } = results[name]!;
        if (data instanceof Float32Array) return data;
        throw new Error(`the face detector returned no float32 tensor ${name}`);
      };
      const grids = STRIDES.map((stride): YunetGrid => ({
        stride,
        columns: width / stride,
        face: values(`cls_${stride}`),
        object: values(`obj_${stride}`),
        box: values(`bbox_${stride}`),
        points: values(`kps_${stride}`),
      }));
      return yunetDecode(grids, MIN_SCORE);
    },
  };
}

const detectorFile = (): string => join(packagedModels(), 'faces', 'yunet.onnx');

async function readDetector(file: string): Promise<Uint8Array> {
  const remedy = 'Install @remaster/node-red-video again.';
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new RemasterError('MODEL_NOT_FOUND', `The face detector ${file} cannot be read.`, { remedy, cause });
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === DETECTOR_SHA256) return bytes;
  throw new RemasterError('MODEL_INVALID', `The face detector ${file} is damaged: its sha256 is ${sha256}.`, {
    remedy,
  });
}

const roundUp = (side: number): number => Math.ceil(side / MULTIPLE) * MULTIPLE;

/** [3, height, width] in the order blue, green, red, 0…255, padded with black. */
function planes(image: RgbImage, width: number, height: number): Float32Array {
  const planar = new Float32Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < image.height; y++) {
      const [from, to] = [y * image.width * 3 + (2 - c), (c * height + y) * width];
      for (let x = 0; x < image.width; x++) planar[to + x] = image.data[from + 3 * x]!;
    }
  }
  return planar;
}
