import type { Manifest } from '../bundle/manifest';

type Dims = readonly (number | string)[];

/** Shapes of the fused graph's inputs and outputs; a name stands for a dimension that varies. */
export interface FusedShapes {
  readonly frames: Dims;
  readonly mask: Dims;
  readonly noise: Dims;
  readonly result: Dims;
}

/**
 * `batchLimit`: the largest batch, null if it is unlimited. `hasReference`: the result has the reference below it. With known sizes onnxruntime plans its memory when it loads
 * the graph, and loads it faster.
 */
export function shapesOf(
  { manifest }: { readonly manifest: Manifest },
  batchLimit: number | null,
  hasReference: boolean,
): FusedShapes {
  const { scale, grid, tile } = manifest;
  const [n, b] = batchLimit === 1 ? [1, 1] : ['n', 'b'];
  const [h, w] = tile.fixed ? [tile.size, tile.size] : ['h', 'w'];
  const sides = tile.fixed ? [tile.size * scale, tile.size * scale] : [`h·${scale}`, `w·${scale}`];
  const rows = hasReference ? (tile.fixed ? 2 * tile.size * scale : `2·h·${scale}`) : sides[0]!;
  const cells = sides.map((one) => (typeof one === 'string' ? `${one}/${grid.factor}` : one / grid.factor));
  return {
    frames: [n, h, w, 3],
    mask: [n, 1, h, w],
    noise: [b, grid.channels, ...cells],
    result: [n, rows, sides[1]!, 3],
  };
}
