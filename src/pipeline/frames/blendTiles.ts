import type { Layout } from './tileLayout';

type Samples = Uint8Array | Uint16Array;

/**
 * Blends the upscaled tiles of a frame, given in the order of the grid. Each pixel is the weighted sum of the tiles
 * that contain it, in integers, so the result does not depend on the order. `before` is a frame blended from the same
 * tiles except `changed`; only the pixels of changed tiles are computed again.
 */
export function blendTiles(
  layout: Layout,
  tiles: readonly Uint8Array[],
  depth: 8 | 16,
  before: Uint8Array | null = null,
  changed: readonly number[] = [],
): Uint8Array {
  if (layout.isWhole) return tiles[0]!;
  const { grid, width, height, scale } = layout;
  const all: Area = { left: 0, top: 0, right: width * scale, bottom: height * scale };
  const frame = samples(before ? before.slice() : new Uint8Array((all.right * all.bottom * 3 * depth) / 8), depth);
  const tileSamples = tiles.map((tile) => samples(tile, depth));
  const areas = grid.tiles.map((_, k) => areaOf(layout, k));
  for (const area of before ? changed.map((k) => areas[k]!) : bands(all)) {
    const sums = new Uint32Array((area.right - area.left) * (area.bottom - area.top) * 3);
    areas.forEach((own, k) => {
      const common = overlap(own, area);
      if (common) addTile(layout, k, tileSamples[k]!, common, sums, area);
    });
    normalize(sums, frame, area, all.right);
  }
  return new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
}

/** Pixels of the result, from (left, top) up to, not including, (right, bottom). */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Rows summed at a time: the sums take four times the memory of the result, so those of a whole image would be gigabytes. */
const BAND_ROWS = 256;

function bands({ left, top, right, bottom }: Area): readonly Area[] {
  const count = Math.ceil((bottom - top) / BAND_ROWS);
  return Array.from({ length: count }, (_, i) => {
    const start = top + i * BAND_ROWS;
    return { left, top: start, right, bottom: Math.min(bottom, start + BAND_ROWS) };
  });
}

/** The pixels where tile `k` has a weight above 0. */
function areaOf({ grid, weights, width, height, scale }: Layout, k: number): Area {
  const { x, y, column, row } = grid.tiles[k]!;
  const across = extent(weights.x[column]!);
  const down = extent(weights.y[row]!);
  return {
    left: x * scale + across.from,
    top: y * scale + down.from,
    right: Math.min(width * scale, x * scale + across.to),
    bottom: Math.min(height * scale, y * scale + down.to),
  };
}

const extent = (weights: Uint16Array): { readonly from: number; readonly to: number } => ({
  from: weights.findIndex((weight) => weight > 0),
  to: weights.findLastIndex((weight) => weight > 0) + 1,
});

function overlap(a: Area, b: Area): Area | null {
  const [left, top] = [Math.max(a.left, b.left), Math.max(a.top, b.top)];
  const [right, bottom] = [Math.min(a.right, b.right), Math.min(a.bottom, b.bottom)];
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

/** Adds `part` of a weighted tile to `sums` of `area`, which are changed in place. */
function addTile(
  { grid, weights, scale }: Layout,
  k: number,
  tile: Samples,
  part: Area,
  sums: Uint32Array,
  area: Area,
): void {
  const { x, y, column, row } = grid.tiles[k]!;
  const [wx, wy] = [weights.x[column]!, weights.y[row]!];
  for (let line = part.top; line < part.bottom; line++) {
    const down = wy[line - y * scale]!;
    let from = ((line - y * scale) * wx.length + part.left - x * scale) * 3;
    let to = ((line - area.top) * (area.right - area.left) + part.left - area.left) * 3;
    for (let i = part.left - x * scale; i < part.right - x * scale; i++) {
      const weight = down * wx[i]!;
      for (let c = 0; c < 3; c++) sums[to++]! += tile[from++]! * weight;
    }
  }
}

/** Divides the sums by their total weight of 65536, rounded, and writes them to `frame`, which is changed in place. */
function normalize(sums: Uint32Array, frame: Samples, area: Area, width: number): void {
  const length = (area.right - area.left) * 3;
  for (let line = area.top, from = 0; line < area.bottom; line++) {
    const to = (line * width + area.left) * 3;
    for (let i = 0; i < length; i++) frame[to + i] = (sums[from++]! + 32768) >>> 16;
  }
}

const samples = (bytes: Uint8Array, depth: 8 | 16): Samples =>
  depth === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
