import type { Model, Prompt, TileBatch } from '../../model/model';
import { isOutOfMemory } from './outOfMemory';

/** Largest batch tried. */
const MAX_BATCH = 16;
/**
 * A larger batch must reduce the time per tile to this share; otherwise the smaller one is kept, which needs less
 * memory and waiting.
 */
const MIN_GAIN = 0.9;
/** A tile that takes longer keeps all cores busy alone (measured: no gain for tiles of 128 pixels or more). */
const LONG_TILE_MS = 150;
/**
 * The first tile also includes the setup of memory and noise, so its time is trusted only above this multiple of
 * `LONG_TILE_MS`.
 */
const COLD_FACTOR = 3;
/** Each batch is measured so often and the shortest time counts: the first frames are encoded at the same time. */
const RUNS = 3;
/** A tile of so many pixels keeps all cores of a processor busy alone; batches of them leave its caches and cost up to a quarter. */
const LARGE_ON_CPU = 128 * 128;

/** Batch sizes by model and tile size: measured once while the model is loaded. */
const known = new WeakMap<Model['info'], Map<string, number>>();

/**
 * Measures the best batch size for one tile size: doubled while that reduces the time per tile. It affects only the
 * speed, not the output. `measured`: milliseconds for a tile of the video, so that nothing is measured where tiles take
 * long anyway.
 */
export async function chooseBatchSize(
  model: Model,
  { width, height }: { readonly width: number; readonly height: number },
  depth: 8 | 16,
  signal: AbortSignal,
  measured: number | null,
  now: () => number = () => performance.now(),
): Promise<number> {
  if (model.info.provider === 'cpu' && width * height >= LARGE_ON_CPU) return 1;
  const sizes = known.get(model.info) ?? new Map<string, number>();
  known.set(model.info, sizes);
  const key = [width, height, depth].join();
  const found = sizes.get(key);
  if (found !== undefined) return found;

  const prompt = await model.prompt?.(greyTiles(model, width, height, depth, 1), signal);
  const timePerTile = async (size: number): Promise<number> => {
    const times: number[] = [];
    while (times.length < RUNS && !times.some((time) => time * size > LONG_TILE_MS)) {
      const started = now();
      await model.run(greyTiles(model, width, height, depth, size, prompt), signal);
      times.push((now() - started) / size);
    }
    return Math.min(...times);
  };
  let size = 1;
  let time = measured ?? (await timePerTile(1));
  if (time < COLD_FACTOR * LONG_TILE_MS) time = await timePerTile(1);
  while (size < MAX_BATCH && time * size < LONG_TILE_MS) {
    const next = await timePerTile(2 * size).catch(infiniteIfOutOfMemory);
    if (next > MIN_GAIN * time) break;
    time = next;
    size *= 2;
  }
  sizes.set(key, size);
  return size;
}

/** A batch that does not fit into memory counts as infinitely slow. */
function infiniteIfOutOfMemory(error: unknown): number {
  if (isOutOfMemory(error)) return Infinity;
  throw error;
}

/** Grey tiles, fully masked for an inpainting model. */
const greyTiles = (
  { info }: Model,
  width: number,
  height: number,
  depth: 8 | 16,
  count: number,
  prompt?: Prompt,
): TileBatch => ({
  width,
  height,
  data: new Uint8Array((count * width * height * 3 * depth) / 8).fill(128),
  keys: Array.from({ length: count }, () => ({ x: 0, y: 0, scene: 0, frame: 0, ...(prompt && { prompt }) })),
  ...(info.task === 'inpaint' && { mask: new Uint8Array(count * width * height).fill(255) }),
});
