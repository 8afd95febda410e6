import { type Edge, emit, floats, type GraphBuilder, int64s } from './builder';

/** Half the width of the cubic kernel, in source pixels. */
const REACH = 2;

/**
 * Bicubic enlargement of [n, 3, h, w] by a whole factor, as torch's `interpolate(mode='bicubic')`: a = −0.75, half-pixel
 * centres, no antialiasing, edge pixels repeated. The weights are the same for every source pixel, so it is one
 * small convolution and a depth-to-space: onnxruntime's `Resize` runs on one core and takes half as long as a network.
 */
export function bicubicNode(graph: GraphBuilder, image: Edge, scale: number): Edge {
  if (scale === 1) return image;
  const channels = 3;
  const taps = phases(scale);
  const side = 2 * REACH + 1;
  const kernel = Array.from({ length: channels }, () =>
    taps.flatMap((row) => taps.flatMap((column) => outer(row, column))),
  );
  const weights = floats(graph, [channels * scale * scale, 1, side, side], kernel.flat(3));
  const padded = emit(graph, 'Pad', [image, int64s(graph, [8], [0, 0, REACH, REACH, 0, 0, REACH, REACH])], {
    mode: 'edge',
  });
  const phased = emit(graph, 'Conv', [padded, weights], { group: channels, kernel_shape: [side, side] });
  return emit(graph, 'DepthToSpace', [phased], { blocksize: scale, mode: 'CRD' });
}

const outer = (row: readonly number[], column: readonly number[]): readonly number[] =>
  row.flatMap((r) => column.map((c) => r * c));

/** For each of the `scale` output pixels inside one source pixel: weights of the five source pixels around it. */
function phases(scale: number): readonly (readonly number[])[] {
  return Array.from({ length: scale }, (_, phase) => {
    /** Offset of the output pixel's centre from the centre of its source pixel. */
    const place = (phase + 0.5) / scale - 0.5;
    return Array.from({ length: 2 * REACH + 1 }, (__, tap) => cubic(Math.abs(tap - REACH - place)));
  });
}

/** Keys' cubic convolution kernel (1981), with a = −0.75. */
function cubic(distance: number): number {
  const a = -0.75;
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  if (distance < 2) return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
  return 0;
}
