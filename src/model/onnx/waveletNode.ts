import { type Edge, emit, floats, type GraphBuilder, int64s } from './builder';

/** Distance of the filter taps at each level, in pixels. */
const RADII = [1, 2, 4, 8, 16];

/**
 * The wavelet colour fix: high frequencies of `image` and low ones of `like`, both [n, 3, h, w]. Blurring is linear,
 * so high(image) + low(like) = image + low(like − image), at half the work.
 */
export function waveletNode(graph: GraphBuilder, image: Edge, like: Edge): Edge {
  const kernel = [1, 2, 1].flatMap((row) => [1, 2, 1].map((column) => (row * column) / 16));
  const weights = floats(graph, [3, 1, 3, 3], [...kernel, ...kernel, ...kernel]);
  const low = RADII.reduce(
    (edge, radius) => {
      const pads = int64s(graph, [8], [0, 0, radius, radius, 0, 0, radius, radius]);
      const padded = emit(graph, 'Pad', [edge, pads], { mode: 'edge' });
      return emit(graph, 'Conv', [padded, weights], { group: 3, kernel_shape: [3, 3], dilations: [radius, radius] });
    },
    emit(graph, 'Sub', [like, image]),
  );
  return emit(graph, 'Add', [image, low]);
}
