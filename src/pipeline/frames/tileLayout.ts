import { RemasterError } from '../../errors';
import type { ModelInfo } from '../../model/model';
import { type TileGrid, tileGrid, tileWeights } from '../../sampler/tiles';

/** How frames of one size are divided into tiles for a model. */
export interface Layout {
  readonly grid: TileGrid;
  /** For every column and row of tiles, 0…256 per pixel of the output. */
  readonly weights: { readonly x: readonly Uint16Array[]; readonly y: readonly Uint16Array[] };
  /** A single tile of exactly the frame's size: nothing to crop or blend. */
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
  // Tiles start on cells of the model's working grid, so that overlapping tiles get the same noise, and on multiples of `multiple`,
  // except for a tile of a single multiple, which could not overlap the next one.
  const start = size < 2 * multiple ? (cell ?? multiple) : multiple;
  const overlap = Math.min(tile.overlap, Math.floor(size / 2), size - start);
  const grid = tileGrid(width, height, { size, multiple: tile.fixed ? size : multiple, grid: start, overlap });
  const isWhole = grid.tiles.length === 1 && grid.x.size === width && grid.y.size === height;
  const weights = { x: tileWeights(grid.x, scale), y: tileWeights(grid.y, scale) };
  return { grid, weights, isWhole, width, height, scale };
}

/** The longest side of a tile: as requested, or the default of the model. */
export function longestTile(info: ModelInfo, requested: number | null, width: number, height: number): number {
  const { name, tile } = info;
  if (!tile.fixed || requested === null || requested === tile.size) return requested ?? tileFor(info, width, height);
  const message = `The model ${name} supports only tiles of ${tile.size}×${tile.size} pixels.`;
  const remedy = 'Omit the tile size, or export the model without --size.';
  throw new RemasterError('BAD_SETTING', message, { remedy });
}

/** The whole frame while that is cheapest, else the tile size of the model. */
export const tileFor = ({ tile }: Pick<ModelInfo, 'tile'>, width: number, height: number): number =>
  !tile.fixed && width * height <= tile.wholeUpTo ? Math.max(width, height) : tile.size;
