import type { TileAxis } from '../../../sampler/tiles';

/** Pixels of an axis of the result, [from, to), that come from one tile, or from two that cross. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** Index of the tile along the axis. */
  readonly tile: number;
  /** Weights 0…256 of that tile, one per pixel of the span; the next tile has the rest. Null: it has all. */
  readonly weights: Uint16Array | null;
}

/** The spans of an axis in their order. `weights`: those of every tile along it. No pixel blends three tiles. */
export function spansOf(axis: TileAxis, scale: number, weights: readonly Uint16Array[]): readonly Span[] {
  const { length, starts, crossings } = axis;
  const spans = starts.flatMap((start, tile): Span[] => {
    const from = (crossings[tile - 1]?.to ?? 0) * scale;
    const crossing = crossings[tile];
    if (!crossing) return [{ from, to: length * scale, tile, weights: null }];
    const [left, right] = [crossing.from * scale, crossing.to * scale];
    const own = weights[tile]!.subarray(left - start * scale, right - start * scale);
    return [
      { from, to: left, tile, weights: null },
      { from: left, to: right, tile, weights: own },
    ];
  });
  return spans.filter(({ from, to }) => from < to);
}
