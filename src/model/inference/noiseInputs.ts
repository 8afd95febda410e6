import { type NoiseField, noiseField, type NoiseRegion } from '../../sampler/noise';
import type { TileKey } from '../model';

export interface NoiseInputSettings {
  readonly mode: 'shared' | 'independent' | 'mixed';
  readonly seed: number;
  /** Which draws a run needs, in the order of its inputs. */
  readonly draws: readonly number[];
  /** Cells of the working grid per source pixel: scale/factor. */
  readonly density: number;
  readonly channels: number;
  /** Bytes of shared noise kept for the next frame. */
  readonly keep: number;
}

/** One array per draw, [batch, channels, height, width] in cells. `batch` is 1 when all pictures get the same. */
export interface NoiseInputs {
  readonly batch: number;
  readonly width: number;
  readonly height: number;
  readonly data: readonly Float32Array[];
}

/** `width` and `height` of the tiles in source pixels. */
export type NoiseInputsFor = (keys: readonly TileKey[], width: number, height: number) => NoiseInputs;

/** Looks up the noise of batches, and keeps what the next frame of the scene will ask for again. */
export function noiseInputs({ mode, seed, draws, density, channels, keep }: NoiseInputSettings): NoiseInputsFor {
  const field = noiseField({ mode, seed });
  const kept = sceneCache(mode === 'shared' ? keep : 0);
  return (keys, sourceWidth, sourceHeight) => {
    const width = sourceWidth * density;
    const height = sourceHeight * density;
    const first = keys[0]!;
    const alike = mode === 'shared' && keys.every((key) => sameNoise(key, first));
    const regions = (alike ? [first] : keys).map((key) => ({
      key,
      region: regionOf(key, density, width, height, channels),
    }));
    const pictures = regions.map(({ key, region }) =>
      kept(key.scene, region, () => pictureNoise(field, draws, key, region)),
    );
    const data = draws.map((_, i) => join(pictures.map((picture) => picture[i]!)));
    return { batch: pictures.length, width, height, data };
  };
}

const sameNoise = (a: TileKey, b: TileKey): boolean => a.scene === b.scene && a.x === b.x && a.y === b.y;

/** Places off the working grid, which no tiler of ours makes, share the noise of the cell they lie in. */
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

function pictureNoise(
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

function join(pictures: readonly Float32Array[]): Float32Array {
  if (pictures.length === 1) return pictures[0]!;
  const joined = new Float32Array(pictures.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const picture of pictures) {
    joined.set(picture, at);
    at += picture.length;
  }
  return joined;
}

type Kept = (scene: number, region: NoiseRegion, make: () => readonly Float32Array[]) => readonly Float32Array[];

/**
 * Keeps up to `bound` bytes. What is full of the present scene takes nothing new rather than throwing out what the next
 * frame asks for first: frames ask for their tiles in the same order, so the least recently used is the next one needed.
 */
function sceneCache(bound: number): Kept {
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
      if (total + bytes <= bound) break;
      if (entry.scene === scene) continue;
      entries.delete(old);
      total -= entry.bytes;
    }
    if (total + bytes > bound) return arrays;
    entries.set(name, { scene, arrays, bytes });
    total += bytes;
    return arrays;
  };
}
