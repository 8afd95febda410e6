import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../errors';
import { encodeModel, type OnnxModel } from './onnx';

/**
 * Hands a graph to `use`: as bytes, or, when it has weights in files of their own, as a file beside them for as long
 * as that takes. onnxruntime finds such weights only in the folder of the graph, and refuses links that lead out of it.
 */
export async function withGraphFile<T>(
  folder: string,
  model: OnnxModel,
  use: (graph: Uint8Array | string) => Promise<T>,
): Promise<T> {
  const bytes = encodeModel(model);
  if (!model.graph.initializer.some(({ dataLocation }) => dataLocation === EXTERNAL)) return use(bytes);
  const path = join(folder, `.remaster-${randomBytes(8).toString('hex')}.onnx`);
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    throw new RemasterError(
      'MODEL_INVALID',
      `${folder} cannot be written to, but holds a model with weights in files of their own`,
      {
        remedy: 'Copy the bundle to a folder that this user may write to.',
        cause,
      },
    );
  }
  try {
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}

/** `TensorProto.DataLocation` */
const EXTERNAL = 1;
