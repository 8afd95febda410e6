import { type OnnxValue, toNumber } from './graph';

type Dim = { dimValue?: number; dimParam?: string };

/**
 * The known shapes of a graph, with a name for every dynamic dimension: the graph's own under `prefix`, or one after the
 * tensor. Every copy of a spliced graph has the same sizes; equal names tell onnxruntime so, and it reuses memory at
 * once. Without names it compares each tensor with all earlier ones, so loading time grows with the square of the steps.
 */
export function symbolicDims(values: readonly OnnxValue[], prefix: string): readonly OnnxValue[] {
  return values.flatMap(({ name, type }) => {
    const tensor = type?.tensorType;
    if (!tensor?.shape) return [];
    const dim = tensor.shape.dim.map((one, i): Dim => {
      const size = toNumber(one.dimValue ?? 0);
      return size > 0 ? { dimValue: size } : { dimParam: `${prefix}${one.dimParam || `${name}.${i}`}` };
    });
    return [{ name, type: { tensorType: { elemType: tensor.elemType ?? 0, shape: { dim } } } }];
  });
}
