import type { Range } from '../bundle/manifest';
import { cast, type Edge, emit, type GraphBuilder, int64s, scalar, zeroPoint } from '../onnx/builder';
import { ELEMENT } from '../onnx/graph';

export const elementOf = (depth: 8 | 16): number => (depth === 8 ? ELEMENT.uint8 : ELEMENT.uint16);

/** [n, h, w, 3] samples of `depth` bits → [n, 3, h, w] numbers in `range`. */
export function pixelsIn(graph: GraphBuilder, frames: Edge, depth: 8 | 16, [low, high]: Range): Edge {
  const planar = emit(graph, 'Transpose', [frames], { perm: [0, 3, 1, 2] });
  // (q/full)·(high − low) + low
  const scaled =
    depth === 8
      ? emit(
          graph,
          'DequantizeLinear',
          [planar, scalar(graph, (high - low) / 255), zeroPoint(graph)],
          {},
          ELEMENT.float,
        )
      : emit(graph, 'Mul', [cast(graph, planar, ELEMENT.float), scalar(graph, (high - low) / 65535)]);
  return low === 0 ? scaled : emit(graph, 'Add', [scaled, scalar(graph, low)]);
}

/** The reverse: clamped, and rounded half to even as ResShift does. */
export function pixelsOut(
  graph: GraphBuilder,
  image: Edge,
  depth: 8 | 16,
  [low, high]: readonly [number, number],
): Edge {
  const lifted = low === 0 ? image : emit(graph, 'Add', [image, scalar(graph, -low)]);
  const samples = depth === 8 ? quantize8(graph, lifted, high - low) : quantize16(graph, lifted, high - low);
  return emit(graph, 'Transpose', [samples], { perm: [0, 2, 3, 1] });
}

const quantize8 = (graph: GraphBuilder, image: Edge, span: number): Edge =>
  emit(graph, 'QuantizeLinear', [image, scalar(graph, span / 255), zeroPoint(graph)], {}, ELEMENT.uint8);

function quantize16(graph: GraphBuilder, image: Edge, span: number): Edge {
  const scaled = emit(graph, 'Mul', [image, scalar(graph, 65535 / span)]);
  const clamped = emit(graph, 'Clip', [scaled, scalar(graph, 0), scalar(graph, 65535)]);
  return cast(graph, emit(graph, 'Round', [clamped]), ELEMENT.uint16);
}

/** Converts an image to another range. */
export function convertRange(graph: GraphBuilder, image: Edge, from: Range, to: Range): Edge {
  if (from[0] === to[0]) return image;
  const factor = (to[1] - to[0]) / (from[1] - from[0]);
  const scaled = emit(graph, 'Mul', [image, scalar(graph, factor)]);
  return emit(graph, 'Add', [scaled, scalar(graph, to[0] - from[0] * factor)]);
}

export const clamp = (graph: GraphBuilder, edge: Edge, low: number, high: number): Edge =>
  emit(graph, 'Clip', [edge, scalar(graph, low), scalar(graph, high)]);

/** Batch size, int64 [1]. */
export const batchSize = (graph: GraphBuilder, frames: Edge): Edge => {
  const shape = emit(graph, 'Shape', [frames], {}, ELEMENT.int64);
  return emit(graph, 'Gather', [shape, int64s(graph, [1], [0])], { axis: 0 });
};
