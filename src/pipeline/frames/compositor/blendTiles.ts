import type { Layout } from '../tileLayout';
import type { Span } from './spans';

export type Samples = Uint8Array | Uint16Array;

/** The spans of both axes of a layout. */
export interface Spans {
  readonly x: readonly Span[];
  readonly y: readonly Span[];
}

/**
 * Blends the upscaled tiles of a frame, given in the order of the grid, into `frame`, which is changed in place. Each
 * pixel is the weighted sum of the tiles that contain it, in integers, so the result does not depend on the order. Only
 * pixels of the tiles in `changed` are written.
 *
 * Most pixels belong to one tile: they are copied line by line.
 */
export function blendTiles(
  { grid, scale, width }: Layout,
  { x: columns, y: rows }: Spans,
  tiles: readonly Samples[],
  frame: Samples,
  changed: ReadonlySet<number>,
): void {
  const across = grid.x.starts.length;
  const stride = width * scale * 3;
  const tileStride = grid.x.size * scale * 3;
  for (const row of rows) {
    for (const column of columns) {
      const first = row.tile * across + column.tile;
      const right = column.weights ? first + 1 : first;
      const below = row.weights ? first + across : first;
      const last = below + right - first;
      if (![first, right, below, last].some((k) => changed.has(k))) continue;
      /** Where the span begins in a tile. */
      const at = (k: number): number => {
        const { x, y } = grid.tiles[k]!;
        return (row.from - y * scale) * tileStride + (column.from - x * scale) * 3;
      };
      const source = (k: number): Source => ({ data: tiles[k]!, at: at(k) });
      const target = { data: frame, at: row.from * stride + column.from * 3, stride, tileStride, column, row };
      if (row.weights && column.weights) blendFour(target, source(first), source(right), source(below), source(last));
      else if (row.weights) blendRows(target, source(first), source(below), row.weights);
      else if (column.weights) blendColumns(target, source(first), source(right), column.weights);
      else copy(target, source(first));
    }
  }
}

/** A tile, and the index of its first sample in the span. */
interface Source {
  readonly data: Samples;
  readonly at: number;
}

/** Where the span is in the frame, and the samples per line of frame and tiles. */
interface Target extends Source {
  readonly stride: number;
  readonly tileStride: number;
  readonly column: Span;
  readonly row: Span;
}

const lengthOf = ({ from, to }: Span): number => to - from;

function copy({ data, at, stride, tileStride, column, row }: Target, tile: Source): void {
  const length = lengthOf(column) * 3;
  for (let line = 0; line < lengthOf(row); line++) {
    const from = tile.at + line * tileStride;
    data.set(tile.data.subarray(from, from + length), at + line * stride);
  }
}

/** Two tiles, one above the other. With weights that sum to 256 instead of 65536 the rounding is the same. */
function blendRows({ data, at, stride, tileStride, column, row }: Target, a: Source, b: Source, weights: Uint16Array) {
  const length = lengthOf(column) * 3;
  for (let line = 0; line < lengthOf(row); line++) {
    const [own, next] = [weights[line]!, 256 - weights[line]!];
    let to = at + line * stride;
    let i = a.at + line * tileStride;
    let j = b.at + line * tileStride;
    for (const end = to + length; to < end; to++, i++, j++)
      data[to] = (a.data[i]! * own + b.data[j]! * next + 128) >>> 8;
  }
}

/** Two tiles side by side. */
function blendColumns(
  { data, at, stride, tileStride, column, row }: Target,
  a: Source,
  b: Source,
  weights: Uint16Array,
) {
  for (let line = 0; line < lengthOf(row); line++) {
    let to = at + line * stride;
    let i = a.at + line * tileStride;
    let j = b.at + line * tileStride;
    for (let x = 0; x < lengthOf(column); x++) {
      const [own, next] = [weights[x]!, 256 - weights[x]!];
      data[to++] = (a.data[i++]! * own + b.data[j++]! * next + 128) >>> 8;
      data[to++] = (a.data[i++]! * own + b.data[j++]! * next + 128) >>> 8;
      data[to++] = (a.data[i++]! * own + b.data[j++]! * next + 128) >>> 8;
    }
  }
}

/** Four tiles that meet: `a` left and `b` right above, `c` and `d` below. */
function blendFour(target: Target, a: Source, b: Source, c: Source, d: Source): void {
  const { data, at, stride, tileStride, column, row } = target;
  for (let line = 0; line < lengthOf(row); line++) {
    const down = row.weights![line]!;
    const step = line * tileStride;
    for (let x = 0, n = 0; x < lengthOf(column); x++) {
      const along = column.weights![x]!;
      for (let channel = 0; channel < 3; channel++, n++) {
        const above = a.data[a.at + step + n]! * along + b.data[b.at + step + n]! * (256 - along);
        const under = c.data[c.at + step + n]! * along + d.data[d.at + step + n]! * (256 - along);
        data[at + line * stride + n] = (above * down + under * (256 - down) + 32768) >>> 16;
      }
    }
  }
}
