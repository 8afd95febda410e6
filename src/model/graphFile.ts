import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../errors';
import type { CompiledGraph } from './compile';

/**
 * Hands a graph to `use`: as bytes, or, when it has weights in files of their own, as a file beside them for as long
 * as that takes. onnxruntime finds such weights only in the folder of the graph, and refuses links that lead out of it.
 */
export async function withGraphFile<T>(
  folder: string,
  { bytes, external }: CompiledGraph,
  use: (graph: Uint8Array | string) => Promise<T>,
): Promise<T> {
  if (!external) return use(bytes);
  const path = join(folder, `.remaster-${randomBytes(8).toString('hex')}.onnx`);
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    const message = `${folder} cannot be written to, but holds a model with weights in files of their own`;
    const remedy = 'Copy the bundle to a folder that this user may write to.';
    throw new RemasterError('MODEL_INVALID', message, { remedy, cause });
  }
  try {
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}
