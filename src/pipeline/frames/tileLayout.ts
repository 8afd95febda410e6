import { RemasterError } from '../../errors';
import type { ModelInfo } from '../../model/model';
import { type TileGrid, tileGrid, tileWeights } from '../../sampler/tiles';

/** How frames of one size are cut into tiles for a model. */
export interface Layout {
  readonly grid: TileGrid;
  /** Of every column and row of tiles, 0 … 256 for each pixel of the result. */
  readonly weights: { readonly x: readonly Uint16Array[]; readonly y: readonly Uint16Array[] };
  /** One tile, exactly the frame: nothing to cut and nothing to blend. */
  readonly isWhole: boolean;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

export function tileLayout(
  { multiple, cell, tile, scale }: Pick<ModelInfo, 'multiple' | 'cell' | 'tile' | 'scale'>,
  width: number,
  height: number,
  longest: number,
): Layout {
  const size = tile.fixed ? tile.size : Math.max(multiple, Math.ceil(longest / multiple) * multiple);
  // Tiles start on whole cells of the model's working grid, so that overlapping tiles see the same noise; and on its
  // multiples, except where a tile is only one of them, which could then not overlap the next.
  const start = size < 2 * multiple ? (cell ?? multiple) : multiple;
  const overlap = Math.min(tile.overlap, Math.floor(size / 2), size - start);
  const grid = tileGrid(width, height, { size, multiple: tile.fixed ? size : multiple, grid: start, overlap });
  const isWhole = grid.tiles.length === 1 && grid.x.size === width && grid.y.size === height;
  const weights = { x: tileWeights(grid.x, scale), y: tileWeights(grid.y, scale) };
  return { grid, weights, isWhole, width, height, scale };
}

/** The longest side of a tile: the one that is asked for, or the model's own choice. */
export function longestTile(info: ModelInfo, asked: number | null, width: number, height: number): number {
  const { name, tile } = info;
  if (!tile.fixed || asked === null || asked === tile.size) return asked ?? tileFor(info, width, height);
  const what = `The model ${name} was exported for tiles of ${tile.size}×${tile.size} pixels and takes no others.`;
  const remedy = 'Leave the tile size out, or export the model without --size.';
  throw new RemasterError('BAD_SETTING', what, { remedy });
}

/** The whole frame while that is cheapest, else the model's advice. */
export const tileFor = ({ tile }: Pick<ModelInfo, 'tile'>, width: number, height: number): number =>
  !tile.fixed && width * height <= tile.wholeUpTo ? Math.max(width, height) : tile.size;
