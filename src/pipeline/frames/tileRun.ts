import { setMaxListeners } from 'node:events';
import { freeBuffer } from '../../async/freeBuffer';
import type { Model } from '../../model/model';
import { concatBytes } from '../media/concatBytes';
import type { Frame } from '../media/frame';
import type { Composition, Part } from './compositor/compositor';
import { type Batch, type CompositorThread, openCompositor } from './compositor/openCompositor';
import { cropTile, type Place, type Tile } from './cropTile';
import type { shotPrompts } from './shotPrompts';
import type { TileCache } from './tileCache';
import type { Layout } from './tileLayout';
import type { TileStats } from './tileStats';

export interface TileRunTools {
  readonly model: Model;
  readonly keysOf: ReturnType<typeof shotPrompts>;
  readonly layout: Layout;
  readonly cache: TileCache | null;
  readonly stats: TileStats;
  readonly adain: Composition['adain'];
  /** Every frame is given to `recycle`. */
  readonly isRecycled: boolean;
  /** Position of the frames in larger ones. */
  readonly origin: Pick<Place, 'x' | 'y'>;
}

/**
 * Frames of more bytes go to shared memory: five of them at once, which are the frames of a job, would make Node.js collect
 * garbage all the time.
 */
const LARGE = 8 * 2 ** 20;

/** The tiles of a batch that must be inferred, by frame and place. */
type Wanted = readonly ReadonlyMap<number, Tile>[];

/**
 * Upscales frames with one layout. Batches may overlap in time: which tiles are inferred is decided when a batch comes in,
 * and frames are put together in the order of the batches. After an error the run is of no use any more.
 */
export class TileRun {
  readonly #tools: TileRunTools;
  /** Ends what the model has not begun. */
  readonly #stop = new AbortController();
  /** Null: every frame is one tile, which needs no other work, or none has come in yet. */
  #compositor: CompositorThread | null = null;
  /** The newest frame of one tile. */
  #whole: Uint8Array | null = null;
  /** Number of frames of one tile that use its memory; the newest counts once more. */
  readonly #uses = new WeakMap<ArrayBufferLike, number>();
  /** The latest batch that came in. */
  #latest: Promise<unknown> = Promise.resolve();

  constructor(tools: TileRunTools) {
    this.#tools = tools;
    setMaxListeners(0, this.#stop.signal); // every tile that waits for the model listens
  }

  get layout(): Layout {
    return this.#tools.layout;
  }

  async frames(frames: readonly Frame[], signal: AbortSignal): Promise<Frame[]> {
    const { stats } = this.#tools;
    const stop = (): void => this.#stop.abort(signal.reason);
    if (signal.aborted) stop(); // it has no event any more
    signal.addEventListener('abort', stop);
    const started = performance.now();
    try {
      const batch = this.#compositorFor(frames[0]!)?.batch() ?? null;
      const wanted = frames.map((frame) => this.#wanted(frame));
      const inferred = this.#infer(frames, wanted, batch);
      const earlier = this.#latest;
      const sent = (async () => {
        const [parts] = await Promise.all([inferred, earlier]);
        return { result: this.#compose(frames, parts, batch) };
      })();
      this.#latest = sent;
      const data = await (await sent).result;
      return frames.map((frame, n) => this.#upscaled(frame, data[n]!));
    } catch (error) {
      this.#stop.abort(error);
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      stats.took(started, performance.now());
    }
  }

  /** Uses the memory of frames again, or frees it. */
  recycle(frames: readonly Frame[]): void {
    for (const { data } of frames) {
      this.#compositor?.recycle(data);
      this.#release(data.buffer);
    }
  }

  /** One frame less uses the memory of a tile. */
  #release(buffer: ArrayBufferLike): void {
    const uses = this.#uses.get(buffer);
    if (uses === undefined) return;
    this.#uses.set(buffer, uses - 1);
    if (uses === 1) freeBuffer(buffer);
  }

  #use(buffer: ArrayBufferLike): void {
    this.#uses.set(buffer, (this.#uses.get(buffer) ?? 0) + 1);
  }

  close(): void {
    this.#stop.abort(new Error('the frames are not wanted any more'));
    this.#compositor?.close();
  }

  /** The tiles of a frame that must be inferred. */
  #wanted(frame: Frame): ReadonlyMap<number, Tile> {
    const { layout, cache, stats } = this.#tools;
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

  /** Runs the tiles of a batch; those at the same place together. All are queued at once, so that the model never waits. */
  async #infer(frames: readonly Frame[], wanted: Wanted, batch: Batch | null): Promise<readonly Part[]> {
    const { layout, keysOf } = this.#tools;
    const keys = await keysOf(frames, this.#stop.signal);
    const parts: Promise<Part>[] = [];
    for (const place of layout.grid.tiles.keys()) {
      const which = frames.flatMap((_, n) => (wanted[n]!.has(place) ? [n] : []));
      if (which.length === 0) continue;
      const tiles = which.map((n) => ({ ...wanted[n]!.get(place)!, key: keys[n]! }));
      parts.push(
        this.#inferPlace(place, tiles).then((data) => {
          const part = { place, frames: which, data };
          batch?.add(part); // at once: memory that is kept here counts for garbage collection
          return part;
        }),
      );
    }
    return Promise.all(parts);
  }

  async #inferPlace(
    place: number,
    tiles: readonly (Tile & { readonly key: Awaited<ReturnType<TileRunTools['keysOf']>>[number] })[],
  ): Promise<Uint8Array> {
    const { model, layout, origin, stats } = this.#tools;
    const { x, y, width, height } = placeOf(layout, place);
    const batch = {
      width,
      height,
      keys: tiles.map(({ key }) => ({ ...key, x: x + origin.x, y: y + origin.y })),
      data: concatBytes(tiles.map(({ data }) => data)),
      ...(tiles[0]!.mask && { mask: concatBytes(tiles.map(({ mask }) => mask!)) }),
    };
    const started = performance.now();
    const made = await model.run(batch, this.#stop.signal);
    stats.inferred(started, performance.now(), tiles.length);
    return made;
  }

  /** Null: every frame is one tile. Large ones are copied to shared memory, though. */
  #compositorFor({ depth }: Frame): CompositorThread | null {
    const { layout, adain, cache, isRecycled } = this.#tools;
    const bytes = (layout.width * layout.height * layout.scale ** 2 * 3 * depth) / 8;
    if (layout.isWhole && adain === null && !(isRecycled && bytes > LARGE)) return null;
    return (this.#compositor ??= openCompositor({ layout, depth, adain, isRecycled, areTilesKept: cache !== null }));
  }

  /** The data of the upscaled frames of a batch. */
  async #compose(
    frames: readonly Frame[],
    parts: readonly Part[],
    batch: Batch | null,
  ): Promise<readonly Uint8Array[]> {
    if (batch === null) return frames.map((_, n) => this.#wholeFrame(n, parts[0]));
    const sources = this.#tools.adain === 'source' ? frames.map(({ data }) => data) : [];
    return batch.compose(frames.length, sources);
  }

  /** The tile of frame `n`, which is all of it; the one before if there is none. */
  #wholeFrame(n: number, part: Part | undefined): Uint8Array {
    const at = part?.frames.indexOf(n) ?? -1;
    if (part && at >= 0) {
      const size = part.data.length / part.frames.length;
      const old = this.#whole;
      this.#whole = part.data.subarray(at * size, (at + 1) * size);
      this.#use(this.#whole.buffer);
      if (old) this.#release(old.buffer);
    }
    this.#use(this.#whole!.buffer);
    return this.#whole!;
  }

  #upscaled({ index, pts, scene, depth, width, height }: Frame, data: Uint8Array): Frame {
    const { scale } = this.#tools.layout;
    return { index, pts, scene, depth, data, width: width * scale, height: height * scale };
  }
}

function placeOf({ grid }: Layout, k: number): Place {
  const { x, y } = grid.tiles[k]!;
  return { x, y, width: grid.x.size, height: grid.y.size };
}
