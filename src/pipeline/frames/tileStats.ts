import type { CacheStats } from '../../settings/restoreJob';

/** Counts tiles and time, to tell what the tile cache saves. */
export class TileStats {
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
