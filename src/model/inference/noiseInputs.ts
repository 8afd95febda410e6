import { type NoiseField, noiseField, type NoiseRegion } from '../../sampler/noise';
import type { TileKey } from '../model';

export interface NoiseInputSettings {
  readonly mode: 'shared' | 'independent' | 'mixed';
  readonly seed: number;
  /** The draws that a run needs, in the order of its inputs. */
  readonly draws: readonly number[];
  /** Points of the working grid per source pixel: scale/factor. */
  readonly density: number;
  readonly channels: number;
  /** Maximum bytes of shared noise cached for the next frame. */
  readonly maxCacheBytes: number;
}

/** One array per draw, [batch, channels, height, width] in grid points. `batch` is 1 when all tiles use the same noise. */
export interface NoiseInputs {
  readonly batch: number;
  readonly width: number;
  readonly height: number;
  readonly data: readonly Float32Array[];
}

/** `width` and `height` of the tiles in source pixels. */
export type NoiseInputsFor = (keys: readonly TileKey[], width: number, height: number) => NoiseInputs;

/** Computes the noise of batches and caches shared noise for the next frame of the shot. */
export function noiseInputs(settings: NoiseInputSettings): NoiseInputsFor {
  const { mode, seed, draws, density, channels, maxCacheBytes } = settings;
  const field = noiseField({ mode, seed });
  const cached = sceneCache(mode === 'shared' ? maxCacheBytes : 0);
  return (keys, sourceWidth, sourceHeight) => {
    const width = sourceWidth * density;
    const height = sourceHeight * density;
    const first = keys[0]!;
    const alike = mode === 'shared' && keys.every((key) => sameNoise(key, first));
    const regions = (alike ? [first] : keys).map((key) => ({
      key,
      region: regionOf(key, density, width, height, channels),
    }));
    const tiles = regions.map(({ key, region }) =>
      cached(key.scene, region, () => tileNoise(field, draws, key, region)),
    );
    const data = draws.map((_, i) => join(tiles.map((tile) => tile[i]!)));
    return { batch: tiles.length, width, height, data };
  };
}

const sameNoise = (a: TileKey, b: TileKey): boolean => a.scene === b.scene && a.x === b.x && a.y === b.y;

/** Positions between grid points, which our tilers never produce, are rounded down. */
const regionOf = (
  { x, y }: TileKey,
  density: number,
  width: number,
  height: number,
  channels: number,
): NoiseRegion => ({
  x: Math.floor(x * density),
  y: Math.floor(y * density),
  width,
  height,
  channels,
});

function tileNoise(
  field: NoiseField,
  draws: readonly number[],
  key: TileKey,
  region: NoiseRegion,
): readonly Float32Array[] {
  return draws.map((draw) => {
    const out = new Float32Array(region.channels * region.height * region.width);
    field.fill(out, key, draw, region);
    return out;
  });
}

function join(tiles: readonly Float32Array[]): Float32Array {
  if (tiles.length === 1) return tiles[0]!;
  const joined = new Float32Array(tiles.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const tile of tiles) {
    joined.set(tile, at);
    at += tile.length;
  }
  return joined;
}

type SceneCache = (scene: number, region: NoiseRegion, make: () => readonly Float32Array[]) => readonly Float32Array[];

/**
 * Caches up to `maxBytes`. A cache full of the current scene stays unchanged: frames request their tiles in the same
 * order, so evicting the least recently used entry would evict the next one needed.
 */
function sceneCache(maxBytes: number): SceneCache {
  const entries = new Map<
    string,
    { readonly scene: number; readonly arrays: readonly Float32Array[]; readonly bytes: number }
  >();
  let total = 0;
  return (scene, { x, y, width, height }, make) => {
    const name = [scene, x, y, width, height].join();
    const found = entries.get(name);
    if (found) return found.arrays;
    const arrays = make();
    const bytes = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const [old, entry] of entries) {
      if (total + bytes <= maxBytes) break;
      if (entry.scene === scene) continue;
      entries.delete(old);
      total -= entry.bytes;
    }
    if (total + bytes > maxBytes) return arrays;
    entries.set(name, { scene, arrays, bytes });
    total += bytes;
    return arrays;
  };
}
