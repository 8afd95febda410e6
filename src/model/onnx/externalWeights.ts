import { isExternal, type OnnxGraph, type OnnxModel, type OnnxTensor } from './graph';

/** Bytes from which on a tensor is worth a look into another file. */
const LARGE = 1024;

/**
 * The model with its large weights as places in the file they were read from, `bytes`: graphs can be made of it without
 * carrying the weights along, and onnxruntime maps the file instead of being handed copies.
 */
export function withWeightsInFile(model: OnnxModel, bytes: Uint8Array, file: string): OnnxModel {
  const { graph } = model;
  const initializer = graph.initializer.map((tensor) => placed(tensor, bytes, file));
  const node = graph.node.map((one) =>
    // What exporters put into Constant nodes becomes a weight when the graph is spliced.
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
