import type { CacheStats } from '../../settings/restoreJob';

/** Counts tiles and time, to tell what the tile cache saves. Work that overlaps in time is counted once. */
export class TileStats {
  tileMs: number | null = null;
  #tiles = 0;
  #inferred = 0;
  #inferMs = 0;
  #allMs = 0;
  /** When the latest tiles and the latest frames were done. */
  #inferredUntil = -Infinity;
  #tookUntil = -Infinity;

  saw(tiles: number, wanted: number): void {
    this.#tiles += tiles;
    this.#inferred += wanted;
  }

  /** `started`: when the model was asked. It runs one batch of tiles at a time, in order. */
  inferred(started: number, ended: number, tiles: number): void {
    const ms = ended - Math.max(started, this.#inferredUntil);
    this.#inferredUntil = ended;
    this.#inferMs += ms;
    this.tileMs = ms / tiles;
  }

  took(started: number, ended: number): void {
    this.#allMs += ended - Math.max(started, this.#tookUntil);
    this.#tookUntil = ended;
  }

  get cacheStats(): CacheStats {
    if (this.#inferred === 0) return { share: 0, speedup: 1 };
    const without = this.#allMs + this.#inferMs * (this.#tiles / this.#inferred - 1);
    return { share: 1 - this.#inferred / this.#tiles, speedup: this.#allMs > 0 ? without / this.#allMs : 1 };
  }
}
