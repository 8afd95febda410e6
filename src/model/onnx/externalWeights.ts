import { isExternal, type OnnxGraph, type OnnxModel, type OnnxTensor } from './graph';

/** Minimum bytes of a tensor to be referenced in another file. */
const LARGE = 1024;

/**
 * Replaces large weights with references into `file`, from which `bytes` were read: fused graphs then do not contain
 * them, and onnxruntime maps the file instead of copying.
 */
export function withWeightsInFile(model: OnnxModel, bytes: Uint8Array, file: string): OnnxModel {
  const { graph } = model;
  const initializer = graph.initializer.map((tensor) => placed(tensor, bytes, file));
  const node = graph.node.map((one) =>
    // `addPart` turns Constant nodes into weights.
    one.opType === 'Constant'
      ? {
          ...one,
          attribute: (one.attribute ?? []).map((each) => (each.t ? { ...each, t: placed(each.t, bytes, file) } : each)),
        }
      : one,
  );
  return { ...model, graph: { ...graph, initializer, node } satisfies OnnxGraph };
}

function placed(tensor: OnnxTensor, bytes: Uint8Array, file: string): OnnxTensor {
  const { rawData, ...rest } = tensor;
  if (isExternal(tensor) || rawData === undefined || rawData.length < LARGE || rawData.buffer !== bytes.buffer)
    return tensor;
  const place = { location: file, offset: rawData.byteOffset - bytes.byteOffset, length: rawData.length };
  const externalData = Object.entries(place).map(([key, value]) => ({ key, value: String(value) }));
  return { ...rest, externalData, dataLocation: 1 };
}
