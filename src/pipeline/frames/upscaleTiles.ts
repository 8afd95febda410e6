import { RemasterError } from '../../errors';
import type { Model, TileBatch } from '../../model/model';
import type { CacheStats, Job } from '../../settings/restoreJob';
import { concatBytes } from '../media/concatBytes';
import type { Frame } from '../media/frame';
import { adainFrame } from './adain';
import { cropTile, type Place, type Tile } from './cropTile';
import type { FrameProcessor } from './frameProcessor';
import { type FrameKey, shotPrompts } from './shotPrompts';
import { TileBlender } from './tileBlender';
import { TileCache } from './tileCache';
import { type Layout, tileLayout, longestTile } from './tileLayout';

export type TileSettings = Pick<Job, 'tile' | 'overlap' | 'colorFix' | 'noise' | 'tileCache' | 'segment'>;

/** Smallest tile tried when memory runs out, in source pixels. */
const SMALLEST_TILE = 64;

/**
 * Upscales frames: crops tiles, batches them, runs the model, blends the output. `first`: frames finished by an earlier run. `origin`: position of these frames in larger ones, whose coordinates the
 * noise uses.
 */
export function tileProcessor(
  model: Model,
  { width, height }: { readonly width: number; readonly height: number },
  { tile, overlap, colorFix, noise, tileCache: tolerance, segment }: TileSettings,
  warn: (warning: string) => void,
  first = 0,
  origin: Pick<Place, 'x' | 'y'> = { x: 0, y: 0 },
): FrameProcessor {
  const advice = model.info.tile;
  const advised = { ...model.info, tile: { ...advice, overlap: overlap ?? advice.overlap } };
  // Independent noise differs for every frame, so no output can be reused.
  const isCached = tolerance !== null && noise === 'shared';
  const stats = new TileStats();
  const keysOf = shotPrompts(model);
  const startRun = (longest: number, made: number): TileRun => {
    const layout = tileLayout(advised, width, height, longest);
    const tileCache = isCached ? new TileCache({ tolerance, refresh: segment, first: first + made }) : null;
    return new TileRun(model, keysOf, layout, tileCache, stats, origin);
  };
  let longest = longestTile(model.info, tile, width, height);
  let run = startRun(longest, 0);
  let made = 0;
  return {
    get tile() {
      return { width: run.layout.grid.x.size, height: run.layout.grid.y.size };
    },
    get tileMs() {
      return stats.tileMs;
    },
    get cacheStats() {
      return isCached ? stats.cacheStats : null;
    },
    faces: null,
    async run(frames, signal) {
      for (;;) {
        try {
          const enhanced = await run.frames(frames, signal);
          made += frames.length;
          return enhanced.map(({ result, reference }, n) => {
            if (reference) return adainFrame(result, reference, model.info.referenceRange, frames[n]!.depth);
            return colorFix === 'adain' ? adainFrame(result, frames[n]!) : result;
          });
        } catch (error) {
          const isOutOfMemory = error instanceof RemasterError && error.code === 'GPU_OUT_OF_MEMORY';
          const smaller = Math.ceil(Math.min(longest, Math.max(width, height)) / 2);
          if (!isOutOfMemory || advice.fixed || smaller < SMALLEST_TILE) throw error;
          longest = smaller;
          run = startRun(longest, made);
          warn(`Memory ran out; tiles are ${longest} pixels from frame ${frames[0]!.index} on.`);
        }
      }
    },
  };
}

/** An upscaled frame, and its reference if the model returns one (`ModelInfo.referenceRange`). */
interface Upscaled {
  readonly result: Frame;
  readonly reference: Frame | null;
}

/** Upscales frames with one layout, and keeps the tiles of the newest frame. */
class TileRun {
  /** The newest output of each tile, in the order of the grid. */
  readonly #latest: Uint8Array[] = [];
  readonly #results: TileBlender;
  readonly #references: TileBlender | null;

  constructor(
    readonly model: Model,
    readonly keysOf: ReturnType<typeof shotPrompts>,
    readonly layout: Layout,
    readonly cache: TileCache | null,
    readonly stats: TileStats,
    readonly origin: Pick<Place, 'x' | 'y'>,
  ) {
    const keepsLast = cache !== null;
    this.#results = new TileBlender(layout, keepsLast);
    this.#references = model.info.referenceRange ? new TileBlender(layout, keepsLast) : null;
  }

  async frames(frames: readonly Frame[], signal: AbortSignal): Promise<Upscaled[]> {
    const started = performance.now();
    const wanted = frames.map((frame) => this.#wanted(frame));
    const made = frames.map(() => new Map<number, Uint8Array>());
    const keys = await this.keysOf(frames, signal);
    for (const [k] of this.layout.grid.tiles.entries()) {
      const which = frames.flatMap((_, n) => (wanted[n]!.has(k) ? [n] : []));
      if (which.length === 0) continue;
      const tiles = await this.#infer(
        k,
        which.map((n) => keys[n]!),
        which.map((n) => wanted[n]!.get(k)!),
        signal,
      );
      which.forEach((n, i) => made[n]!.set(k, tiles[i]!));
    }
    const enhanced = frames.map((frame, n) => this.#finish(frame, made[n]!));
    this.stats.took(performance.now() - started);
    return enhanced;
  }

  #placeOf(k: number): Place {
    const { grid } = this.layout;
    const { x, y } = grid.tiles[k]!;
    return { x, y, width: grid.x.size, height: grid.y.size };
  }

  /** The tiles of a frame that must be inferred. */
  #wanted(frame: Frame): ReadonlyMap<number, Tile> {
    this.cache?.nextFrame();
    const wanted = new Map<number, Tile>();
    const count = this.layout.grid.tiles.length;
    for (let k = 0; k < count; k++) {
      const place = this.#placeOf(k);
      const tile = this.cache ? this.cache.changed(frame, k, place) : cropTile(frame, place);
      if (tile) wanted.set(k, tile);
    }
    this.stats.saw(count, wanted.size);
    return wanted;
  }

  async #infer(
    k: number,
    keys: readonly FrameKey[],
    tiles: readonly Tile[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const { x, y, width, height } = this.#placeOf(k);
    const batch: TileBatch = {
      width,
      height,
      keys: keys.map((key) => ({ ...key, x: x + this.origin.x, y: y + this.origin.y })),
      data: concatBytes(tiles.map(({ data }) => data)),
      ...(tiles[0]!.mask && { mask: concatBytes(tiles.map(({ mask }) => mask!)) }),
    };
    const started = performance.now();
    const made = await this.model.run(batch, signal);
    this.stats.inferred(performance.now() - started, tiles.length);
    const size = made.length / tiles.length;
    const tileAt = (n: number): Uint8Array => made.subarray(n * size, (n + 1) * size);
    // Copy: a cached tile must not keep the whole batch buffer alive.
    return tiles.map((_, n) => (this.cache && tiles.length > 1 ? tileAt(n).slice() : tileAt(n)));
  }

  #finish(frame: Frame, made: ReadonlyMap<number, Uint8Array>): Upscaled {
    for (const [k, tile] of made) this.#latest[k] = tile;
    const changed = [...made.keys()];
    const { index, pts, scene, width, height } = frame;
    const depth = this.#references ? 16 : frame.depth;
    const { scale } = this.layout;
    const blended = (blender: TileBlender, tiles: readonly Uint8Array[]): Frame => {
      const data = blender.blend(tiles, depth, changed);
      return { index, pts, scene, depth, data, width: width * scale, height: height * scale };
    };
    if (this.#references === null) return { result: blended(this.#results, this.#latest), reference: null };
    const half = this.#latest[0]!.length / 2;
    return {
      result: blended(
        this.#results,
        this.#latest.map((tile) => tile.subarray(0, half)),
      ),
      reference: blended(
        this.#references,
        this.#latest.map((tile) => tile.subarray(half)),
      ),
    };
  }
}

/** Counts tiles and time. */
class TileStats {
  tileMs: number | null = null;
  #tiles = 0;
  #inferred = 0;
  #inferMs = 0;
  #allMs = 0;

  saw(tiles: number, wanted: number): void {
    this.#tiles += tiles;
    this.#inferred += wanted;
  }

  inferred(ms: number, tiles: number): void {
    this.#inferMs += ms;
    this.tileMs = ms / tiles;
  }

  took(ms: number): void {
    this.#allMs += ms;
  }

  get cacheStats(): CacheStats {
    if (this.#inferred === 0) return { share: 0, speedup: 1 };
    const without = this.#allMs + this.#inferMs * (this.#tiles / this.#inferred - 1);
    return { share: 1 - this.#inferred / this.#tiles, speedup: this.#allMs > 0 ? without / this.#allMs : 1 };
  }
}
