import type { ModelInfo } from '../../model/model';
import type { Frame } from '../media/frame';
import { TileCache } from './tileCache';
import { type Layout, tileLayout, tileFor } from './tileLayout';

/** Frames looked at to see how much of the picture stays as it is. */
const LOOK = 24;
/** Sides of small tiles that are thought of, in source pixels. */
const SMALL = [64, 128];
/**
 * How far small tiles reach into each other, as a share of their side: half of it would be four times the work. Measured on a
 * photograph, ×4 in tiles of 64 against in one piece: 68 dB, and no sample is farther off than 3 levels of 255.
 */
const REACH = 1 / 4;
/** Small tiles see less around them, and a few frames are not the film, so they have to save a third of the work, or the usual ones stay. */
const WORTH = 2 / 3;
/** Work per pixel of a small tile ÷ of a large one (measured on the CPU: more threads wait for each other). */
const COST_OF_SMALL = 1.3;

type Advice = Pick<ModelInfo, 'multiple' | 'cell' | 'tile' | 'scale'>;

/** How frames are cut, in source pixels. */
export interface SmallTiles {
  readonly tile: number;
  readonly overlap: number;
}

/**
 * The tiles with which remembering saves most in a film that begins with `frames`; null: the usual ones.
 * A camera that stands still changes in one corner: small tiles leave the rest alone. By the pictures only, so the same
 * film gets the same tiles every time.
 */
export async function chooseTileSize(
  frames: AsyncIterable<Frame>,
  info: Advice,
  size: { readonly width: number; readonly height: number },
  { tileCache, overlap }: TileSizeRequest,
): Promise<SmallTiles | null> {
  const choice = tileSizeChooser(info, size, { tileCache, overlap });
  for await (const frame of frames) if (choice.see(frame)) break;
  return choice.best;
}

/** What is asked for: the tolerance, and how far tiles reach into each other, if not as usual. */
interface TileSizeRequest {
  readonly tileCache: number;
  readonly overlap: number | null;
}

/** The same, for whoever is given the frames one by one. */
export interface TileSizeChooser {
  /** True when enough has been seen. */
  see(frame: Frame): boolean;
  /** By what has been seen so far. */
  readonly best: SmallTiles | null;
  /** Nothing has changed at all: any tiles are as good as any others. */
  readonly isStill: boolean;
}

export function tileSizeChooser(
  info: Advice,
  { width, height }: { readonly width: number; readonly height: number },
  { tileCache, overlap }: TileSizeRequest,
): TileSizeChooser {
  const usual = { tile: tileFor(info, width, height), overlap: overlap ?? info.tile.overlap };
  const small = SMALL.filter((side) => side < usual.tile).map((tile): SmallTiles => ({
    tile,
    overlap: overlap ?? Math.min(info.tile.overlap, REACH * tile),
  }));
  const cuts = [usual, ...(info.tile.fixed ? [] : small)];
  const layout = (cut: SmallTiles): Layout =>
    tileLayout({ ...info, tile: { ...info.tile, overlap: cut.overlap } }, width, height, cut.tile);
  const works = cuts.map((cut) => new Work(layout(cut), tileCache));
  let seen = 0;
  return {
    see(frame) {
      for (const work of works) work.see(frame);
      return ++seen >= LOOK;
    },
    get isStill() {
      return works[0]!.pixels === 0;
    },
    get best() {
      const least = WORTH * works[0]!.pixels;
      const costs = works.slice(1).map(({ pixels }, i) => ({ cut: cuts[i + 1]!, cost: COST_OF_SMALL * pixels }));
      const found = costs.toSorted((a, b) => a.cost - b.cost)[0];
      return found && found.cost < least ? found.cut : null;
    },
  };
}

/** What would have to be inferred with one layout. */
class Work {
  readonly #tileCache: TileCache;
  #isFirst = true;
  /** Pixels from the second frame on; the first is new in any case. */
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
