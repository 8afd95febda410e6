import type { Frame } from '../media/frame';
import { cropTile, type Place, type Tile } from './cropTile';

export interface TileCacheSettings {
  /** Difference of 255 up to which a tile counts as unchanged compared with the last inferred one. 0: exact. */
  readonly tolerance: number;
  /**
   * Frames after which all tiles are inferred again, so that tolerated differences do not persist; equal to the segment
   * length, so that a resumed job produces the same frames.
   */
  readonly refresh: number;
  /** Frames finished before this run. */
  readonly first: number;
}

/**
 * Remembers the last inferred source tile at each position. With shared noise the output depends only on the tile, its
 * position and the scene, so an unchanged tile need not be inferred again. Compares with the last *inferred* tile, not
 * with the previous frame, so that tolerated differences cannot accumulate.
 */
export class TileCache {
  readonly #inferred = new Map<number, Inferred>();
  readonly #settings: TileCacheSettings;
  #frames: number;

  constructor(settings: TileCacheSettings) {
    this.#settings = settings;
    this.#frames = settings.first;
  }

  /** Must be called for every frame, in order, before `changed`. */
  nextFrame(): void {
    const { tolerance, refresh } = this.#settings;
    if (tolerance > 0 && this.#frames % refresh === 0) this.#inferred.clear();
    this.#frames++;
  }

  /** The `k`-th tile of a frame, at `place`, if it must be inferred; null if it is unchanged within the tolerance. */
  changed(frame: Frame, k: number, place: Place): Tile | null {
    const before = this.#inferred.get(k);
    // A tile beyond the edge is compared with its mirrored part, as the model gets it.
    const cropped = isInside(frame, place) ? null : cropTile(frame, place);
    const seen = cropped ? { ...cropped, width: place.width, place: { ...place, x: 0, y: 0 } } : { ...frame, place };
    if (before?.scene === frame.scene && !this.#differs(seen, frame.depth, before.tile)) return null;
    const tile = cropped ?? cropTile(frame, place);
    // A copy, because the model takes ownership of its input.
    const kept = tile.mask ? { data: tile.data.slice(), mask: tile.mask.slice() } : { data: tile.data.slice() };
    this.#inferred.set(k, { scene: frame.scene, tile: kept });
    return tile;
  }

  #differs({ data, mask, width, place }: Seen, depth: 8 | 16, before: Tile): boolean {
    const differs = exceeds(depth, this.#settings.tolerance);
    return (
      linesDiffer(data, width, (3 * depth) / 8, place, before.data, differs) ||
      // The tolerance does not apply to masks.
      (mask !== undefined && linesDiffer(mask, width, 1, place, before.mask!, unequal))
    );
  }
}

/** A tile inside an image of `width` pixels. */
interface Seen extends Tile {
  readonly width: number;
  readonly place: Place;
}

interface Inferred {
  readonly scene: number;
  readonly tile: Tile;
}

const isInside = ({ width, height }: Frame, place: Place): boolean =>
  place.x + place.width <= width && place.y + place.height <= height;

type Differ = (a: Uint8Array, b: Uint8Array) => boolean;

/** Compares a rectangle of a frame, with `pixel` bytes per pixel, with a tile, line by line. */
function linesDiffer(
  data: Uint8Array,
  stride: number,
  pixel: number,
  { x, y, width, height }: Place,
  tile: Uint8Array,
  differ: Differ,
): boolean {
  const length = width * pixel;
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * stride + x) * pixel;
    if (differ(data.subarray(from, from + length), tile.subarray(row * length, (row + 1) * length))) return true;
  }
  return false;
}

const unequal: Differ = (a, b) => Buffer.compare(a, b) !== 0;

function exceeds(depth: 8 | 16, tolerance: number): Differ {
  if (tolerance === 0) return unequal;
  if (depth === 8) return (a, b) => a.some((value, i) => Math.abs(value - b[i]!) > tolerance);
  return (a, b) => {
    for (let i = 0; i < a.length; i += 2) {
      const difference = a[i]! + 256 * a[i + 1]! - b[i]! - 256 * b[i + 1]!;
      if (Math.abs(difference) > 257 * tolerance) return true;
    }
    return false;
  };
}
