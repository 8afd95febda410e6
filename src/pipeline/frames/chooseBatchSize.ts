import { RemasterError } from '../../errors';
import type { Model, Prompt, TileBatch } from '../../model/model';

/** Largest batch tried. */
const MOST = 16;
/** A larger batch must save this much of the time per tile, or the smaller one stays: it costs less memory and waiting. */
const WORTH = 0.9;
/** A tile that takes longer than this keeps all cores busy by itself (measured: nothing is gained from 128 pixels on). */
const LONG_MS = 150;
/** The first tile pays for memory and noise as well; one that takes this many times too long is long in any case. */
const COLD = 3;

/** Tiles per call, per model and tile size: found once, and the same while the model is loaded. */
const known = new WeakMap<Model['info'], Map<string, number>>();

/**
 * How many tiles of one size to give the model at a time, by trying: doubled while that pays. The result of a tile does
 * not depend on it, only the time. `seen`: milliseconds that a tile of the film has taken, so that nothing is tried where
 * tiles are long in any case.
 */
export async function chooseBatchSize(
  model: Model,
  { width, height }: { readonly width: number; readonly height: number },
  depth: 8 | 16,
  signal: AbortSignal,
  seen: number | null,
  now: () => number = () => performance.now(),
): Promise<number> {
  const sizes = known.get(model.info) ?? new Map<string, number>();
  known.set(model.info, sizes);
  const key = [width, height, depth].join();
  const found = sizes.get(key);
  if (found !== undefined) return found;

  const prompt = await model.prompt?.(plain(model, width, height, depth, 1), signal);
  const perTile = async (size: number): Promise<number> => {
    const started = now();
    await model.run(plain(model, width, height, depth, size, prompt), signal);
    return (now() - started) / size;
  };
  let best = 1;
  let time = seen ?? (await perTile(1));
  if (time < COLD * LONG_MS) time = await perTile(1);
  while (best < MOST && time * best < LONG_MS) {
    const next = await perTile(2 * best).catch(orNever);
    if (next > WORTH * time) break;
    time = next;
    best *= 2;
  }
  sizes.set(key, best);
  return best;
}

/** Where a larger batch does not fit into memory, it is never worth its while. */
function orNever(error: unknown): number {
  if (error instanceof RemasterError && error.code === 'GPU_OUT_OF_MEMORY') return Infinity;
  throw error;
}

/** Grey, and for a model that fills holes one hole. */
const plain = (
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
