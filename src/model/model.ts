import type { SamplerPlan } from '../sampler/plan';

/** Position of a tile and the keys of its noise. */
export interface TileKey {
  /** Top left corner of the tile in the source frame, in source pixels. Negative inside reflect padding. */
  readonly x: number;
  readonly y: number;
  /** Key of shared noise: presentation time of the shot's first frame. */
  readonly scene: number;
  /** Key of independent noise: presentation time of this frame. */
  readonly frame: number;
  /** Result of `Model.prompt` for the shot; absent for models without a prompt graph. */
  readonly prompt?: Prompt;
}

/** Tensors that the `prompt` graph computes from the first frame of a shot, input to every tile of the shot, by role. */
export type Prompt = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>;

/** A batch of tiles of the same size. */
export interface TileBatch {
  /** Size of one tile in source pixels. */
  readonly width: number;
  readonly height: number;
  /** [keys.length, height, width, 3], 8 bit or 16 bit little-endian. */
  readonly data: Uint8Array;
  readonly keys: readonly TileKey[];
  /** Inpainting models only: [keys.length, height, width], 255 = fill, 0 = keep. */
  readonly mask?: Uint8Array;
}

/** The whole first frame of a shot: [height, width, 3], samples as in `TileBatch`. */
export type Shot = Pick<TileBatch, 'width' | 'height' | 'data'>;

export interface ModelInfo {
  readonly name: string;
  /** Hash of the bundle: changes when any of its files changes. */
  readonly sha256: string;
  readonly system: 'resshift' | 'osediff' | 'dossr';
  readonly task: 'upscale' | 'restore' | 'inpaint' | 'face';
  readonly scale: number;
  readonly steps: number;
  readonly provider: string;
  /** Providers that were tried before and rejected. */
  readonly rejected: readonly { readonly provider: string; readonly reason: string }[];
  /** PSNR in dB of its result for a smooth test image, against plain enlargement; absent for models of faces. */
  readonly smoothPsnr?: number;
  /** Tile sides must be multiples of this many source pixels. */
  readonly multiple: number;
  /** Smallest number of source pixels that is a whole number of points of the sampler's working grid; a divisor of `multiple`. */
  readonly cell?: number;
  /** The bundle's recommended tiles, in source pixels. `fixed`: every tile must be `size` × `size`. */
  readonly tile: {
    readonly wholeUpTo: number;
    readonly size: number;
    readonly overlap: number;
    readonly fixed?: boolean;
  };
  readonly plan: SamplerPlan;
  /**
   * Present when AdaIN is wanted and the bundle has a `preprocess` graph: `run` then returns every tile with its reference
   * below it, the image that this graph made of the source. Both have 16 bits, and reach from the first to the second
   * number, 0 being black and 1 white: what overshoots counts in the statistics.
   */
  readonly referenceRange?: readonly [number, number];
}

/** A loaded model with its sampler: tiles in, tiles out. The caller of `openModel` disposes it. */
export interface Model extends AsyncDisposable {
  readonly info: ModelInfo;
  /** Returns the tiles `scale` times larger, in the same order and bit depth (but see `referenceRange`). Transfers `batch.data` and `batch.mask`: they must not be used again. */
  run(batch: TileBatch, signal: AbortSignal): Promise<Uint8Array>;
  /** Absent if the model has no prompt graph. Copies `shot.data`. */
  prompt?(shot: Shot, signal: AbortSignal): Promise<Prompt>;
}

/** Settings of one loaded model. Equal requests share it. */
export interface ModelRequest {
  readonly model: string;
  readonly provider: string;
  readonly device: number;
  readonly threads: number;
  /** Seconds in which it must be loaded; null = by the size of its files. It does not tell requests apart. */
  readonly loadLimit?: number | null;
  readonly steps: number | null;
  /** Order of DoSSR's solver; null = the bundle's default. Must be null for other systems. */
  readonly order: 1 | 2 | 3 | null;
  /** null = the bundle's default. `adain` needs whole frames: the graph fixes nothing, see `referenceRange`. */
  readonly colorFix: 'none' | 'wavelet' | 'adain' | null;
  readonly strength: number;
  readonly noise: 'shared' | 'independent' | 'mixed';
  readonly seed: number;
  readonly depth: 8 | 16;
}

/** x and y in pixels; the centre of the first pixel is (0, 0). */
export type Point = readonly [x: number, y: number];

/** 8-bit R′G′B′, [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A detected face, in pixels of the image. */
export interface Face {
  /** Confidence, 0…1. */
  readonly score: number;
  /** Bounding box from the hairline to the chin. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  /** Left eye, right eye, tip of the nose, left and right corner of the mouth, as seen in an upright image. */
  readonly landmarks: readonly Point[];
}

/** A face detector. */
export interface FaceFinder extends AsyncDisposable {
  /** Hash of the detector: changes when its results may change. */
  readonly version: string;
  /** Returns the faces by descending score. Transfers `image.data`: it must not be used again. */
  find(image: RgbImage, signal: AbortSignal): Promise<readonly Face[]>;
}
