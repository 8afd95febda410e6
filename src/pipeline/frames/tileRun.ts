import type { Model } from '../../model/model';
import { concatBytes } from '../media/concatBytes';
import type { Frame } from '../media/frame';
import { cropTile, type Place, type Tile } from './cropTile';
import { NewestTiles } from './newestTiles';
import type { FrameKey, shotPrompts } from './shotPrompts';
import type { TileCache } from './tileCache';
import type { Layout } from './tileLayout';
import type { TileStats } from './tileStats';

export interface TileRunTools {
  readonly model: Model;
  readonly keysOf: ReturnType<typeof shotPrompts>;
  readonly layout: Layout;
  readonly cache: TileCache | null;
  readonly stats: TileStats;
  /** Position of the frames in larger ones. */
  readonly origin: Pick<Place, 'x' | 'y'>;
}

/** Upscales frames with one layout, and keeps the tiles of the newest frame. */
export class TileRun {
  readonly #newest: NewestTiles;

  constructor(private readonly tools: TileRunTools) {
    this.#newest = new NewestTiles(tools.layout, tools.cache !== null);
  }

  get layout(): Layout {
    return this.tools.layout;
  }

  async frames(frames: readonly Frame[], signal: AbortSignal): Promise<Frame[]> {
    const { layout, stats, keysOf } = this.tools;
    const started = performance.now();
    const wanted = frames.map((frame) => this.#wanted(frame));
    const made = frames.map(() => new Map<number, Uint8Array>());
    const keys = await keysOf(frames, signal);
    for (const k of layout.grid.tiles.keys()) {
      const which = frames.flatMap((_, n) => (wanted[n]!.has(k) ? [n] : []));
      if (which.length === 0) continue;
      const tiles = which.map((n) => wanted[n]!.get(k)!);
      const outputs = await inferTiles(
        this.tools,
        k,
        which.map((n) => keys[n]!),
        tiles,
        signal,
      );
      which.forEach((n, i) => made[n]!.set(k, outputs[i]!));
    }
    const enhanced = frames.map((frame, n) => this.#newest.blend(frame, made[n]!));
    stats.took(performance.now() - started);
    return enhanced;
  }

  /** The tiles of a frame that must be inferred. */
  #wanted(frame: Frame): ReadonlyMap<number, Tile> {
    const { layout, cache, stats } = this.tools;
    cache?.nextFrame();
    const wanted = new Map<number, Tile>();
    for (const k of layout.grid.tiles.keys()) {
      const place = placeOf(layout, k);
      const tile = cache ? cache.changed(frame, k, place) : cropTile(frame, place);
      if (tile) wanted.set(k, tile);
    }
    stats.saw(layout.grid.tiles.length, wanted.size);
    return wanted;
  }
}

function placeOf({ grid }: Layout, k: number): Place {
  const { x, y } = grid.tiles[k]!;
  return { x, y, width: grid.x.size, height: grid.y.size };
}

/** Runs the tiles of some frames at place `k` as one batch. */
async function inferTiles(
  { model, layout, cache, origin, stats }: TileRunTools,
  k: number,
  keys: readonly FrameKey[],
  tiles: readonly Tile[],
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const { x, y, width, height } = placeOf(layout, k);
  const batch = {
    width,
    height,
    keys: keys.map((key) => ({ ...key, x: x + origin.x, y: y + origin.y })),
    data: concatBytes(tiles.map(({ data }) => data)),
    ...(tiles[0]!.mask && { mask: concatBytes(tiles.map(({ mask }) => mask!)) }),
  };
  const started = performance.now();
  const made = await model.run(batch, signal);
  stats.inferred(performance.now() - started, tiles.length);
  const size = made.length / tiles.length;
  const tileAt = (n: number): Uint8Array => made.subarray(n * size, (n + 1) * size);
  // Copy: a cached tile must not keep the whole batch buffer alive.
  return tiles.map((_, n) => (cache && tiles.length > 1 ? tileAt(n).slice() : tileAt(n)));
}
