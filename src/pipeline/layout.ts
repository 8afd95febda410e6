import type { ModelInfo } from '../model/model';
import { type TileGrid, tileGrid, tileWeights } from '../sampler/tiles';

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

export function layOut(
  { multiple, tile, scale }: Pick<ModelInfo, 'multiple' | 'tile' | 'scale'>,
  width: number,
  height: number,
  longest: number,
): Layout {
  const size = Math.max(multiple, Math.ceil(longest / multiple) * multiple);
  // Tiles start on whole cells of the model's working grid, so that overlapping tiles see the same noise.
  const settings = { size, multiple, grid: multiple, overlap: Math.min(tile.overlap, Math.floor(size / 2)) };
  const grid = tileGrid(width, height, settings);
  const isWhole = grid.tiles.length === 1 && grid.x.size === width && grid.y.size === height;
  const weights = { x: tileWeights(grid.x, scale), y: tileWeights(grid.y, scale) };
  return { grid, weights, isWhole, width, height, scale };
}

/** The whole frame while that is cheapest, else the model's advice. */
export const tileFor = ({ tile }: Pick<ModelInfo, 'tile'>, width: number, height: number): number =>
  width * height <= tile.wholeUpTo ? Math.max(width, height) : tile.size;
