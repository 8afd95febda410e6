import { blendTiles } from './blendTiles';
import type { Layout } from './tileLayout';

/** Blends frame after frame from tiles, and with a cache only what changed since the frame before. */
export class TileBlender {
  /** The newest blended frame. */
  #last: Uint8Array | null = null;

  constructor(
    readonly layout: Layout,
    readonly keepsLast: boolean,
  ) {}

  /** `tiles`: all tiles, in the order of the grid. `changed`: those that differ from the frame before. */
  blend(tiles: readonly Uint8Array[], depth: 8 | 16, changed: readonly number[]): Uint8Array {
    // Because tiles overlap, blending half of them again costs as much as blending all.
    const before = changed.length < tiles.length / 2 ? this.#last : null;
    const isSame = changed.length === 0 && this.#last !== null;
    const data = isSame ? this.#last! : blendTiles(this.layout, tiles, depth, before, changed);
    if (this.keepsLast) this.#last = data;
    return data;
  }
}
