import { requireSetting } from './setting';

/** Everything is in source pixels. */
export interface TileSettings {
  /** Largest side of a tile; a multiple of `multiple`. */
  readonly size: number;
  /** Neighbours share at least this many pixels; below `size`. */
  readonly overlap: number;
  /** Tile sides are multiples of this. */
  readonly multiple: number;
  /** Tiles start at multiples of this divisor of `multiple`: source pixels per point of the working grid. Default 1. */
  readonly grid?: number;
}

/** Equal tiles along one axis of a frame. */
export interface TileAxis {
  /** The axis itself. */
  readonly length: number;
  /** The side of every tile. A tile that sticks out past `length` reads reflected pixels. */
  readonly size: number;
  readonly starts: readonly number[];
  /** Blend range between tile k and tile k + 1, [from, to), inside both. Ranges do not touch, so no pixel blends three tiles. */
  readonly crossings: readonly { readonly from: number; readonly to: number }[];
}

export interface TileGrid {
  readonly x: TileAxis;
  readonly y: TileAxis;
  /** Row by row. */
  readonly tiles: readonly { readonly column: number; readonly row: number; readonly x: number; readonly y: number }[];
}

/** Sum of the weights of all tiles at one position of an axis; at one pixel of a frame the sum is its square, 65536. */
const WHOLE = 256;

export function tileGrid(width: number, height: number, settings: TileSettings): TileGrid {
  const x = tileAxis(width, settings);
  const y = tileAxis(height, settings);
  const tiles = y.starts.flatMap((top, row) => x.starts.map((left, column) => ({ column, row, x: left, y: top })));
  return { x, y, tiles };
}

/** The fewest tiles that cover `length`, as small as possible, evenly distributed. */
export function tileAxis(length: number, settings: TileSettings): TileAxis {
  requireTiles(length, settings);
  const { multiple, grid = 1 } = settings;
  const overlap = ceilTo(settings.overlap, grid);
  const count = settings.size >= length ? 1 : Math.ceil((length - overlap) / (settings.size - overlap));
  const size = ceilTo((length + (count - 1) * overlap) / count, multiple);
  const last = Math.max(0, Math.ceil((length - size) / grid));
  const starts = Array.from({ length: count }, (_, k) => (k === 0 ? 0 : Math.round((k * last) / (count - 1)) * grid));
  return { length, size, starts, crossings: crossingsOf(starts, size, settings.overlap) };
}

/** Each blend range is centred in the overlap of two neighbours, `overlap` wide unless the next range is close. */
function crossingsOf(starts: readonly number[], size: number, overlap: number): TileAxis['crossings'] {
  const advance = Math.min(...starts.slice(1).map((start, k) => start - starts[k]!));
  const width = Math.min(overlap, advance);
  return starts.slice(1).map((start, k) => {
    const from = Math.floor((start + starts[k]! + size - width) / 2);
    return { from, to: from + width };
  });
}

/**
 * The blend weights of every tile along its axis, `size · scale` whole numbers 0 … 256 each, for output `scale` times
 * larger. They sum to exactly 256 at every pixel, so Σ w_y·w_x·value is exact in integers and does not depend on the
 * tiles' order. Weights outside the frame are 0.
 */
export function tileWeights({ length, size, starts, crossings }: TileAxis, scale = 1): readonly Uint16Array[] {
  return starts.map((start, k) => {
    const rise = crossings[k - 1] ?? { from: 0, to: 0 };
    const fall = crossings[k] ?? { from: length, to: length };
    return Uint16Array.from({ length: size * scale }, (_, i) => {
      const pixel = start * scale + i;
      return ramp(pixel, rise.from * scale, rise.to * scale) - ramp(pixel, fall.from * scale, fall.to * scale);
    });
  });
}

/** A ramp from 0 at `from` to 256 at `to`, sampled at pixel centres. */
function ramp(pixel: number, from: number, to: number): number {
  if (pixel < from) return 0;
  if (pixel >= to) return WHOLE;
  return Math.round((WHOLE * (2 * (pixel - from) + 1)) / (2 * (to - from)));
}

/** Reflects `i` into 0 … length−1 without repeating the edge pixel: −1 → 1, length → length−2; periodic. */
export function reflect(i: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const place = ((i % period) + period) % period;
  return place < length ? place : period - place;
}

const ceilTo = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

function requireTiles(length: number, { size, overlap, multiple, grid = 1 }: TileSettings): void {
  const natural = (value: number) => Number.isInteger(value) && value >= 1;
  requireSetting('length', length, 'a whole number of at least 1', natural(length));
  requireSetting('multiple', multiple, 'a whole number of at least 1', natural(multiple));
  requireSetting('grid', grid, `a divisor of ${multiple}`, natural(grid) && multiple % grid === 0);
  requireSetting('tile size', size, `a multiple of ${multiple}`, natural(size) && size % multiple === 0);
  const room = size - grid;
  requireSetting(
    'overlap',
    overlap,
    `a whole number from 0 to ${room}`,
    Number.isInteger(overlap) && overlap >= 0 && overlap <= room,
  );
}
