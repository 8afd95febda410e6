import type { Model } from '../../model/model';

/** Longest side of the tile, unless the caller wants another, in source pixels. */
export const TILE_SIDE = 128;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The time that a model takes for one tile, in milliseconds, and the size of the tile in source pixels. */
export interface TileTime extends Size {
  readonly ms: number;
}

/** `depth`: that of the model. `frame`: a smaller frame gets a tile of its size. `longest`: of the tile's sides. */
export async function timeTile(
  model: Model,
  depth: 8 | 16,
  signal: AbortSignal,
  frame: Size = { width: TILE_SIDE, height: TILE_SIDE },
  longest = TILE_SIDE,
): Promise<TileTime> {
  const { multiple, tile: advice, task } = model.info;
  const side = (length: number): number =>
    advice.fixed ? advice.size : Math.ceil(Math.min(longest, length) / multiple) * multiple;
  const [width, height] = [side(frame.width), side(frame.height)];
  const pixels = () => ({
    width,
    height,
    data: Uint8Array.from({ length: (width * height * 3 * depth) / 8 }, (_, i) => (i * 37) % 256),
  });
  signal.throwIfAborted(); // while the model was loaded
  const prompt = await model.prompt?.(pixels(), signal);
  const keys = [{ x: 0, y: 0, scene: 0, frame: 0, ...(prompt && { prompt }) }];
  const mask = () => (task === 'inpaint' ? { mask: new Uint8Array(width * height).fill(255) } : {});
  const tile = () => ({ ...pixels(), ...mask(), keys });
  await model.run(tile(), signal); // the first run also allocates memory and computes the noise
  const started = performance.now();
  await model.run(tile(), signal);
  return { ms: performance.now() - started, width, height };
}

/** Seconds of a frame of which every tile takes as long. */
export const secondsPerFrame = ({ width, height }: Size, tile: TileTime): number =>
  (width * height * tile.ms) / (tile.width * tile.height) / 1000;
