import type { Model } from '../../model/model';

/** Side of the tile, in source pixels. */
const SIDE = 128;

/** The time that a model takes for one tile, in milliseconds, and the tile's side in source pixels. `depth`: that of the model. */
export async function timeTile(
  model: Model,
  depth: 8 | 16,
  signal: AbortSignal,
): Promise<{ readonly ms: number; readonly side: number }> {
  const { multiple, tile: advice } = model.info;
  const side = advice.fixed ? advice.size : Math.ceil(SIDE / multiple) * multiple;
  const pixels = () => ({
    width: side,
    height: side,
    data: Uint8Array.from({ length: (side * side * 3 * depth) / 8 }, (_, i) => (i * 37) % 256),
  });
  signal.throwIfAborted(); // while the model was loaded
  const prompt = await model.prompt?.(pixels(), signal);
  const keys = [{ x: 0, y: 0, scene: 0, frame: 0, ...(prompt && { prompt }) }];
  const tile = () => ({ ...pixels(), keys });
  await model.run(tile(), signal); // the first run also allocates memory and computes the noise
  const started = performance.now();
  await model.run(tile(), signal);
  return { ms: performance.now() - started, side };
}
