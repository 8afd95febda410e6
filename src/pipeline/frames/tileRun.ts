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

/** An upscaled frame, and its reference if the model returns one (`ModelInfo.referenceRange`). */
export interface Upscaled {
  readonly result: Frame;
  readonly reference: Frame | null;
}

/** Upscales frames with one layout, and keeps the tiles of the newest frame. */
export class TileRun {
  readonly #results: NewestTiles;
  readonly #references: NewestTiles | null;

  constructor(private readonly tools: TileRunTools) {
    const { layout, cache, model } = tools;
    this.#results = new NewestTiles(layout, cache !== null);
    this.#references = model.info.referenceRange ? new NewestTiles(layout, cache !== null) : null;
  }

  get layout(): Layout {
    return this.tools.layout;
  }

  async frames(frames: readonly Frame[], signal: AbortSignal): Promise<Upscaled[]> {
    const { layout, stats, keysOf } = this.tools;
    const started = performance.now();
    const wanted = frames.map((frame) => this.#wanted(frame));
    const made = frames.map(() => new Map<number, Uint8Array>());
    const keys = await keysOf(frames, signal);
    for (const k of layout.grid.tiles.keys()) {
      const which = frames.flatMap((_, n) => (wanted[n]!.has(k) ? [n] : []));
      if (which.length === 0) continue;
      const tiles = which.map((n) => ({ ...wanted[n]!.get(k)!, key: keys[n]! }));
      const outputs = await inferTiles(this.tools, k, tiles, signal);
      which.forEach((n, i) => made[n]!.set(k, outputs[i]!));
    }
    const enhanced = frames.map((frame, n) => this.#finish(frame, made[n]!));
    stats.took(performance.now() - started);
    return enhanced;
  }

  #finish(frame: Frame, made: ReadonlyMap<number, Uint8Array>): Upscaled {
    if (this.#references === null) return { result: this.#results.blend(frame, made), reference: null };
    const wide = { ...frame, depth: 16 } as const; // both are returned in 16 bits
    return {
      result: this.#results.blend(wide, halves(made, 0)),
      reference: this.#references.blend(wide, halves(made, 1)),
    };
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

/** The results (0) or the references (1) of tiles that have both. */
const halves = (tiles: ReadonlyMap<number, Uint8Array>, which: 0 | 1): ReadonlyMap<number, Uint8Array> =>
  new Map(
    [...tiles].map(([k, { length }]) => [k, tiles.get(k)!.subarray((which * length) / 2, ((which + 1) * length) / 2)]),
  );

function placeOf({ grid }: Layout, k: number): Place {
  const { x, y } = grid.tiles[k]!;
  return { x, y, width: grid.x.size, height: grid.y.size };
}

/** Runs the tiles of some frames at place `k` as one batch. */
async function inferTiles(
  { model, layout, cache, origin, stats }: TileRunTools,
  k: number,
  tiles: readonly (Tile & { readonly key: FrameKey })[],
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const { x, y, width, height } = placeOf(layout, k);
  const batch = {
    width,
    height,
    keys: tiles.map(({ key }) => ({ ...key, x: x + origin.x, y: y + origin.y })),
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
