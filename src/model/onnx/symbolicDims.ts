import { type OnnxValue, toNumber } from './graph';

type Dim = { dimValue?: number; dimParam?: string };

/**
 * What a graph notes of the sizes of its tensors, with a name for every size that is not a number: the graph's own name
 * below `prefix`, or one after the tensor. A graph that is spliced in once per step has the same sizes every time, and
 * when onnxruntime sees that they are the same it finds memory to use again at once. Without names it compares each tensor
 * with all that went before, and the time it takes to open a graph grows with the square of the steps.
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
