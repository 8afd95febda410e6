import { freeBuffer } from '../../../async/freeBuffer';
import type { ModelInfo } from '../../../model/model';
import type { Frame } from '../../media/frame';
import { adainFrame } from '../adain';
import type { Layout } from '../tileLayout';
import { blendTiles, type Samples, type Spans } from './blendTiles';
import { spansOf } from './spans';

/** How frames are made of tiles. */
export interface Composition {
  readonly layout: Layout;
  /** Bits per sample of the frames. */
  readonly depth: 8 | 16;
  /** Tiles may be needed for later frames. Otherwise every frame has a new tile at every place. */
  readonly areTilesKept: boolean;
  /**
   * The memory of every frame is given back. Then it is shared by the threads: memory that changes hands counts for garbage
   * collection in each of them.
   */
  readonly isRecycled: boolean;
  /** AdaIN with the source, or with the reference that follows every tile; null: none. */
  readonly adain: 'source' | NonNullable<ModelInfo['referenceRange']> | null;
}

/** Tiles of one place in the grid, for some frames of a batch. */
export interface Part {
  readonly place: number;
  /** Indices of the frames in the batch. */
  readonly frames: readonly number[];
  readonly data: Uint8Array;
}

/** A batch of frames. */
export interface ComposeRequest {
  readonly count: number;
  readonly parts: readonly Part[];
  /** The source frames, for AdaIN with them. */
  readonly sources: readonly Uint8Array[];
  /** Earlier results, whose memory is used again. */
  readonly spares: readonly Composed[];
}

/** A frame, and its number. */
export interface Composed {
  readonly data: Uint8Array;
  readonly version: number;
}

/** Makes frames of the newest tile at every place. A place without a new tile keeps the one that it had. */
export class Compositor {
  readonly #composition: Composition;
  readonly #results: NewestTiles;
  /** Null: the tiles have no reference. */
  readonly #references: NewestTiles | null;
  /** Frames that were given back. */
  readonly #spares: Composed[] = [];
  /** Memory of tiles that were replaced. */
  readonly #replaced = new Set<ArrayBufferLike>();
  #version = 0;

  constructor(composition: Composition) {
    const { layout, adain, depth } = composition;
    const hasReference = adain !== null && adain !== 'source';
    this.#composition = composition;
    this.#results = new NewestTiles(layout, hasReference ? 16 : depth);
    this.#references = hasReference ? new NewestTiles(layout, 16) : null;
  }

  compose({ count, parts, sources, spares }: ComposeRequest): readonly Composed[] {
    this.#spares.push(...spares);
    const made = Array.from({ length: count }, (_, n) => {
      const version = ++this.#version;
      for (const { place, frames, data } of parts) {
        const at = frames.indexOf(n);
        if (at >= 0) this.#add(place, version, tileOf(data, at, frames.length));
      }
      return { data: this.#frame(version, sources[n]), version };
    });
    this.#release(parts);
    return made;
  }

  #add(place: number, version: number, tile: Uint8Array): void {
    const half = this.#references === null ? tile.length : tile.length / 2;
    for (const old of [
      this.#results.add(place, version, tile.subarray(0, half)),
      this.#references?.add(place, version, tile.subarray(half)),
    ])
      if (old) this.#replaced.add(old.buffer);
  }

  #frame(version: number, source: Uint8Array | undefined): Uint8Array {
    const { layout, adain, depth, isRecycled } = this.#composition;
    if (adain === null) return this.#results.blend(this.#spares.shift() ?? this.#results.empty(isRecycled));
    const { width, height, scale } = layout;
    const size = { index: 0, pts: 0, scene: 0, width: width * scale, height: height * scale };
    const wide = (tiles: NewestTiles): Frame => ({ ...size, depth: tiles.depth, data: tiles.blendAgain(version) });
    if (this.#references !== null && adain !== 'source')
      return adainFrame(wide(this.#results), wide(this.#references), adain, depth).data;
    return adainFrame(wide(this.#results), { ...size, width, height, depth, data: source! }).data;
  }

  /** Frees the tiles that no later frame needs. */
  #release(parts: readonly Part[]): void {
    const { areTilesKept } = this.#composition;
    for (const { place, frames, data } of parts) {
      if (areTilesKept && frames.length > 1) this.#detach(place); // it must not keep the memory of all tiles of its batch
      if (areTilesKept && frames.length === 1) this.#replaced.delete(data.buffer);
      else this.#replaced.add(data.buffer);
    }
    for (const buffer of this.#replaced) freeBuffer(buffer);
    this.#replaced.clear();
  }

  #detach(place: number): void {
    this.#results.detach(place);
    this.#references?.detach(place);
  }
}

const tileOf = (data: Uint8Array, index: number, count: number): Uint8Array =>
  data.subarray((index * data.length) / count, ((index + 1) * data.length) / count);

/** The newest tile at every place of the grid. */
class NewestTiles {
  readonly #tiles: Samples[] = [];
  /** By place: the frame from which on it has its tile. */
  readonly #since: number[] = [];
  readonly #spans: Spans;
  /** A frame that only this object uses. */
  #own: Composed | undefined;

  constructor(
    private readonly layout: Layout,
    readonly depth: 8 | 16,
  ) {
    const { grid, weights, scale } = layout;
    this.#spans = { x: spansOf(grid.x, scale, weights.x), y: spansOf(grid.y, scale, weights.y) };
  }

  /** Returns the tile that was there. */
  add(place: number, version: number, tile: Uint8Array): Samples | undefined {
    const old = this.#tiles[place];
    this.#tiles[place] = samples(tile, this.depth);
    this.#since[place] = version;
    return old;
  }

  /** Copies the tile at a place. */
  detach(place: number): void {
    this.#tiles[place] = this.#tiles[place]!.slice();
  }

  /** Memory for a frame, which shows nothing yet. */
  empty(isShared: boolean): Composed {
    const { width, height, scale } = this.layout;
    const bytes = (width * height * scale ** 2 * 3 * this.depth) / 8;
    return { data: new Uint8Array(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)), version: 0 };
  }

  /** The frame, in the memory of an earlier one: only the tiles that are newer are blended again. */
  blend({ data, version }: Composed): Uint8Array {
    const { grid } = this.layout;
    const changed = new Set([...grid.tiles.keys()].filter((place) => this.#since[place]! > version));
    blendTiles(this.layout, this.#spans, this.#tiles, samples(data, this.depth), changed);
    return data;
  }

  /** Like `blend`, for a result that is read before the next call. */
  blendAgain(version: number): Uint8Array {
    const data = this.blend(this.#own ?? this.empty(false));
    this.#own = { data, version };
    return data;
  }
}

const samples = (bytes: Uint8Array, depth: 8 | 16): Samples =>
  depth === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
