import type { Model } from '../../../model/model';
import type { LiveJob } from '../../../settings/liveJob';
import { type TileSizeChooser, tileSizeChooser } from '../../frames/chooseTileSize';
import type { Frame } from '../../media/frame';

/**
 * Frames after which the tile size is chosen again and, with a cache tolerance, all tiles are recomputed: ten seconds
 * of most cameras.
 */
export const REFRESH = 250;

type TileSettings = Pick<LiveJob, 'tile' | 'overlap' | 'tileCache' | 'noise'>;
type Tiles = Pick<LiveJob, 'tile' | 'overlap'>;

/**
 * The tile size of a camera: small tiles while much of the frame is static, as for files, but checked again, because what
 * a camera sees changes over the day.
 */
export interface AdaptiveTiles {
  readonly tiles: Tiles;
  /** Looks at the next frame. Returns whether the tile size has changed. */
  see(size: { readonly width: number; readonly height: number }, frame: Frame): boolean;
  /** Starts again, for frames of another size. */
  reset(): void;
}

export function adaptiveTiles({ info }: Model, settings: TileSettings, isRegionOnly: boolean): AdaptiveTiles {
  const { tile, tileCache, noise, overlap } = settings;
  // A region is small already, and without a cache small tiles save nothing.
  const isFixed = tile !== null || tileCache === null || noise !== 'shared' || isRegionOnly || info.task === 'face';
  let tiles: Tiles = settings;
  let chooser: TileSizeChooser | null = null;
  let count = 0;
  return {
    get tiles() {
      return tiles;
    },
    see(size, frame) {
      if (isFixed) return false;
      if (count++ % REFRESH === 0) chooser = tileSizeChooser(info, size, { tileCache, overlap });
      if (!chooser?.see(frame)) return false;
      const { best, isStill } = chooser;
      chooser = null;
      if (isStill || (best ?? settings).tile === tiles.tile) return false;
      tiles = best ?? settings;
      return true;
    },
    reset() {
      [tiles, count, chooser] = [settings, 0, null];
    },
  };
}
