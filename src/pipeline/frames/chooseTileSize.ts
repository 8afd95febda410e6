import type { ModelInfo } from '../../model/model';
import type { Frame } from '../media/frame';
import { TileCache } from './tileCache';
import { type Layout, tileLayout, tileFor } from './tileLayout';

/** Frames analyzed to measure how much of the video is static. */
const SAMPLE_FRAMES = 24;
/** Candidate sides of small tiles, in source pixels. */
const SMALL_SIDES = [64, 128];
/**
 * Largest overlap of small tiles as a share of their side: one half would quadruple the work. Measured on a photograph,
 * ×4 in tiles of 64 compared with a single tile: 68 dB, and no sample differs by more than 3 of 255.
 */
const MAX_OVERLAP = 1 / 4;
/** Small tiles have less context and a few frames are not the whole video, so they must save a third of the work. */
const MAX_WORK = 2 / 3;
/** Work per pixel of a small tile ÷ that of a large one (measured on the CPU: threads wait more for each other). */
const SMALL_TILE_COST = 1.3;

type Advice = Pick<ModelInfo, 'multiple' | 'cell' | 'tile' | 'scale'>;

/** In source pixels. */
export interface SmallTiles {
  readonly tile: number;
  readonly overlap: number;
}

/**
 * The tile size with which the tile cache saves most for a video that starts with `frames`; null: the default. With a
 * static camera only a part of the frame changes: small tiles skip the rest. Depends only on the frames, so the same
 * video always gets the same tiles.
 */
export async function chooseTileSize(
  frames: AsyncIterable<Frame>,
  info: Advice,
  size: { readonly width: number; readonly height: number },
  { tileCache, overlap }: TileSizeRequest,
): Promise<SmallTiles | null> {
  const chooser = tileSizeChooser(info, size, { tileCache, overlap });
  for await (const frame of frames) if (chooser.see(frame)) break;
  return chooser.best;
}

/** The sides that tiles of such frames may have instead of the default; empty: there is no choice. */
export const smallSides = (
  info: Pick<Advice, 'tile'>,
  { width, height }: { readonly width: number; readonly height: number },
): readonly number[] => (info.tile.fixed ? [] : SMALL_SIDES.filter((side) => side < tileFor(info, width, height)));

/** The tolerance of the tile cache, and the overlap; null: the default. */
interface TileSizeRequest {
  readonly tileCache: number;
  readonly overlap: number | null;
}

/** Like `chooseTileSize`, for callers that get the frames one by one. */
export interface TileSizeChooser {
  /** Returns true after enough frames. */
  see(frame: Frame): boolean;
  /** The choice from the frames so far. */
  readonly best: SmallTiles | null;
  /** No pixel has changed: the tile size makes no difference. */
  readonly isStill: boolean;
}

export function tileSizeChooser(
  info: Advice,
  { width, height }: { readonly width: number; readonly height: number },
  { tileCache, overlap }: TileSizeRequest,
): TileSizeChooser {
  const standard = { tile: tileFor(info, width, height), overlap: overlap ?? info.tile.overlap };
  const small = smallSides(info, { width, height }).map((tile): SmallTiles => ({
    tile,
    overlap: overlap ?? Math.min(info.tile.overlap, MAX_OVERLAP * tile),
  }));
  const sizes = [standard, ...small];
  const layout = (size: SmallTiles): Layout =>
    tileLayout({ ...info, tile: { ...info.tile, overlap: size.overlap } }, width, height, size.tile);
  const workloads = sizes.map((size) => new Workload(layout(size), tileCache));
  let seen = 0;
  return {
    see(frame) {
      for (const workload of workloads) workload.see(frame);
      return ++seen >= SAMPLE_FRAMES;
    },
    get isStill() {
      return workloads[0]!.pixels === 0;
    },
    get best() {
      const least = MAX_WORK * workloads[0]!.pixels;
      const costs = workloads
        .slice(1)
        .map(({ pixels }, i) => ({ size: sizes[i + 1]!, cost: SMALL_TILE_COST * pixels }));
      const found = costs.toSorted((a, b) => a.cost - b.cost)[0];
      return found && found.cost < least ? found.size : null;
    },
  };
}

/** The pixels that would be inferred with one layout. */
class Workload {
  readonly #tileCache: TileCache;
  #isFirst = true;
  /** Pixels from the second frame on; the first is always inferred. */
  pixels = 0;

  constructor(
    readonly layout: Layout,
    tolerance: number,
  ) {
    this.#tileCache = new TileCache({ tolerance, refresh: Infinity, first: 1 });
  }

  see(frame: Frame): void {
    const { grid } = this.layout;
    this.#tileCache.nextFrame();
    for (const [k, { x, y }] of grid.tiles.entries()) {
      const place = { x, y, width: grid.x.size, height: grid.y.size };
      if (this.#tileCache.changed(frame, k, place) && !this.#isFirst) this.pixels += place.width * place.height;
    }
    this.#isFirst = false;
  }
}
