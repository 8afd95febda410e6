import type { Frame } from '../media/frame';
import { blendTiles } from './blendTiles';
import type { Layout } from './tileLayout';

/** The newest output of each tile, blended to frames. */
export class NewestTiles {
  /** In the order of the grid. */
  readonly #tiles: Uint8Array[] = [];
  /** The newest blended frame; null unless frames are kept. */
  #last: Uint8Array | null = null;

  /** `isKept`: tiles may be used again in the next frame, which is then blended from this one. */
  constructor(
    private readonly layout: Layout,
    private readonly isKept: boolean,
  ) {}

  /** The upscaled frame, with the tiles that were made for it, by their place in the grid. */
  blend({ index, pts, scene, depth, width, height }: Frame, made: ReadonlyMap<number, Uint8Array>): Frame {
    for (const [k, tile] of made) this.#tiles[k] = tile;
    const data = this.#blend(depth, [...made.keys()]);
    if (this.isKept) this.#last = data;
    const { scale } = this.layout;
    return { index, pts, scene, depth, data, width: width * scale, height: height * scale };
  }

  #blend(depth: 8 | 16, changed: readonly number[]): Uint8Array {
    if (changed.length === 0 && this.#last !== null) return this.#last;
    // Because tiles overlap, blending half of them again costs as much as blending all.
    const before = changed.length < this.#tiles.length / 2 ? this.#last : null;
    return blendTiles(this.layout, this.#tiles, depth, before, changed);
  }
}
