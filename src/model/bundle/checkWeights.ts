import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { allTensors } from '../onnx/allTensors';
import { isExternal, type OnnxModel, type OnnxTensor } from '../onnx/graph';
import { isNonFinite } from '../onnx/nonFinite';
import { invalid } from './parseManifest';

const REMEDY = 'Export the bundle again: such weights come from a training or a conversion to 16 bits that failed.';

/** Throws MODEL_INVALID if a weight is NaN or infinite: every frame would be black or noise. `path`: of the graph. */
export async function checkWeights(path: string, model: OnnxModel): Promise<void> {
  for (const tensor of allTensors(model)) {
    const raw = isExternal(tensor) ? await externalBytes(tensor, dirname(path)) : (tensor.rawData ?? null);
    if (isNonFinite(tensor, raw)) throw nonFinite(path, tensor.name ?? 'a constant');
  }
}

export const nonFinite = (path: string, name: string): Error =>
  invalid(path, `has weights that are NaN or infinite (${name})`, REMEDY);

/** The file has passed its checksum; a range beyond its end is an error of onnxruntime. */
async function externalBytes({ externalData = [] }: OnnxTensor, folder: string): Promise<Uint8Array> {
  const { location, offset = '0', length } = Object.fromEntries(externalData.map(({ key, value }) => [key, value]));
  const file = await open(join(folder, location ?? ''));
  try {
    const rest = (await file.stat()).size - Number(offset);
    const bytes = Buffer.alloc(Math.max(0, Math.min(length === undefined ? rest : Number(length), rest)));
    await file.read(bytes, 0, bytes.length, Number(offset));
    return bytes;
  } finally {
    await file.close();
  }
}
