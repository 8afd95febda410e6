import type { SamplerPlan } from '../sampler/plan';

/** Where a tile lies, and which noise it gets. */
export interface TileKey {
  /** Place of the tile's top left corner in the source frame, in source pixels. Negative inside reflect padding. */
  readonly x: number;
  readonly y: number;
  /** Keys the shared noise: presentation time of the shot's first frame. */
  readonly scene: number;
  /** Keys independent noise: presentation time of this frame. */
  readonly frame: number;
  /** What `Model.prompt` made of the shot; absent for models that have none. */
  readonly prompt?: Prompt;
}

/** What a model makes of the first frame of a shot and wants to be given with every tile of the shot, by role. */
export type Prompt = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>;

/** Tiles of one size, ready for the network. */
export interface TileBatch {
  /** Source pixels. */
  readonly width: number;
  readonly height: number;
  /** `keys.length` pictures, each [height, width, 3], 8 bit or 16 bit little-endian, one after the other. */
  readonly data: Uint8Array;
  readonly keys: readonly TileKey[];
  /** For models that fill holes: as many [height, width], 255 in a hole and 0 elsewhere. */
  readonly mask?: Uint8Array;
}

/** The first frame of a shot, whole: [height, width, 3], samples as those of tiles. */
export type Shot = Pick<TileBatch, 'width' | 'height' | 'data'>;

export interface ModelInfo {
  readonly name: string;
  /** Over everything in the bundle: changes when any file changes. */
  readonly sha256: string;
  readonly system: 'resshift' | 'osediff' | 'dossr';
  readonly task: 'upscale' | 'restore' | 'inpaint' | 'face';
  readonly scale: number;
  readonly steps: number;
  readonly provider: string;
  /** Why the providers before it were passed over. */
  readonly rejected: readonly { readonly provider: string; readonly reason: string }[];
  /** Tile sides must be multiples of this many source pixels. */
  readonly multiple: number;
  /** Source pixels per point of the grid in which the sampler walks, or of the least number of them; a divisor of `multiple`. */
  readonly cell?: number;
  /** Advice of the bundle, in source pixels. `fixed`: every tile has to be exactly `size` × `size`. */
  readonly tile: {
    readonly wholeUpTo: number;
    readonly size: number;
    readonly overlap: number;
    readonly fixed?: boolean;
  };
  readonly plan: SamplerPlan;
}

/** A loaded model with its sampler: tiles in, tiles out. Its owner disposes it; a job only borrows it. */
export interface Model extends AsyncDisposable {
  readonly info: ModelInfo;
  /** Result: the same tiles, `scale` times larger, same order, same depth. `batch.data` and `batch.mask` are taken over and must not be used again. */
  run(batch: TileBatch, signal: AbortSignal): Promise<Uint8Array>;
  /** Absent: the model wants to know nothing of shots. `shot.data` stays the caller's. */
  prompt?(shot: Shot, signal: AbortSignal): Promise<Prompt>;
}

/** What one loaded model is made for. Equal requests share one. */
export interface ModelRequest {
  readonly model: string;
  readonly provider: string;
  readonly device: number;
  readonly threads: number;
  readonly steps: number | null;
  /** Of DoSSR's solver; null = the bundle's own. Other systems have none. */
  readonly order: 1 | 2 | 3 | null;
  /** Where low frequencies come from; null = as the bundle says. */
  readonly colorFix: 'none' | 'wavelet' | null;
  readonly strength: number;
  readonly noise: 'shared' | 'independent' | 'mixed';
  readonly seed: number;
  readonly depth: 8 | 16;
}

/** x and y in pixels; whole numbers are the middles of pixels, so the first pixel's middle is (0, 0). */
export type Point = readonly [x: number, y: number];

/** 8-bit R′G′B′, [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Where a face is, in pixels of the picture it was found in. */
export interface Face {
  /** How sure, 0…1. */
  readonly score: number;
  /** From the hairline to the chin. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  /** The eye on the left of an upright picture, the other eye, the tip of the nose, the corners of the mouth from the left. */
  readonly landmarks: readonly Point[];
}

/** Finds faces. */
export interface FaceFinder extends AsyncDisposable {
  /** Changes when other faces could be found. */
  readonly version: string;
  /** Surest first. `picture.data` is taken over and must not be used again. */
  find(picture: RgbImage, signal: AbortSignal): Promise<readonly Face[]>;
}
