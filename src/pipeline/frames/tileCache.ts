import type { Frame } from '../media/frame';
import { cropTile, type Place, type Tile } from './cropTile';

export interface TileCacheSettings {
  /** Levels of 255 by which a tile may differ from the one that was last inferred there, and count as unchanged. 0: exact. */
  readonly tolerance: number;
  /**
   * Frames after which every tile is inferred anew, so that what was let pass does not stay for ever; the same number as
   * frames in a finished segment, so that a job that goes on after an interruption makes the same pictures.
   */
  readonly refresh: number;
  /** Frames made before this run. */
  readonly first: number;
}

/**
 * Remembers which tile of the source was last inferred at each place. The model's answer depends on the tile, its place
 * and the scene alone while noise is shared, so a tile that is the same needs no second answer. Compared is with the tile
 * that was *inferred*, not with the frame before: what is let pass cannot add up.
 */
export class TileCache {
  readonly #inferred = new Map<number, Inferred>();
  readonly #settings: TileCacheSettings;
  #frames: number;

  constructor(settings: TileCacheSettings) {
    this.#settings = settings;
    this.#frames = settings.first;
  }

  /** To be called with every frame, in order, before its tiles are asked for. */
  nextFrame(): void {
    const { tolerance, refresh } = this.#settings;
    if (tolerance > 0 && this.#frames % refresh === 0) this.#inferred.clear();
    this.#frames++;
  }

  /** The tile at `place`, the `k`-th of its frame, if it has to be inferred; null if it is as it was, or nearly. */
  changed(frame: Frame, k: number, place: Place): Tile | null {
    const before = this.#inferred.get(k);
    // What sticks out is compared as the model sees it, mirrored edge and all.
    const cut = isInside(frame, place) ? null : cropTile(frame, place);
    const seen = cut ? { ...cut, width: place.width, place: { ...place, x: 0, y: 0 } } : { ...frame, place };
    if (before?.scene === frame.scene && !this.#differs(seen, frame.depth, before.tile)) return null;
    const tile = cut ?? cropTile(frame, place);
    // A copy, because the model takes over what it is given.
    const kept = tile.mask ? { data: tile.data.slice(), mask: tile.mask.slice() } : { data: tile.data.slice() };
    this.#inferred.set(k, { scene: frame.scene, tile: kept });
    return tile;
  }

  #differs({ data, mask, width, place }: Seen, depth: 8 | 16, before: Tile): boolean {
    const far = farther(depth, this.#settings.tolerance);
    return (
      linesDiffer(data, width, (3 * depth) / 8, place, before.data, far) ||
      // A mask has no tolerance: a hole is a hole.
      (mask !== undefined && linesDiffer(mask, width, 1, place, before.mask!, unequal))
    );
  }
}

/** A tile, as part of something `width` pixels wide. */
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

/** Compares a place of a frame of `pixel` bytes per pixel with a tile, line by line. */
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

function farther(depth: 8 | 16, tolerance: number): Differ {
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
