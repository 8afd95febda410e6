import type { ResShiftSettings } from '../../sampler/resshift';

/**
 * `model.json`: everything one needs to know of a bundle in order to run it. The schema in `manifestSchema.ts` says
 * the same in the language of the checker; `docs/bundles.md` says it to people.
 */
export type Manifest = ManifestBase & Schedule;

interface ManifestBase {
  readonly format: 1;
  readonly name: string;
  readonly title: string;
  readonly task: 'upscale' | 'restore' | 'inpaint' | 'face';
  /** Output side ÷ source side. */
  readonly scale: number;
  readonly graphs: Readonly<Partial<Record<GraphRole, GraphEntry>>> & { readonly denoise: GraphEntry };
  /** Fixed tensors the graphs are fed, by role: a prompt embedding. */
  readonly constants?: Readonly<Record<string, ConstantEntry>>;
  readonly grid: {
    /** Output pixels per cell of the space the sampler walks in: 1 for pixels, 8 for Stable Diffusion's latent. */
    readonly factor: number;
    readonly channels: number;
  };
  /** Network calls per frame unless asked otherwise. */
  readonly defaultSteps: number;
  /** y, where the walk starts: the enlarged picture itself, or what the `encode` graph makes of it. */
  readonly start: 'bicubic' | 'encode';
  /** What black and white are to the graphs. */
  readonly range: Range;
  /** Tile sides must be multiples of this many source pixels. */
  readonly multiple: number;
  readonly tile: {
    /** Frames up to this many source pixels (width · height) are best run whole. */
    readonly wholeUpTo: number;
    /** Side and overlap of tiles in larger frames, in source pixels. */
    readonly size: number;
    readonly overlap: number;
    /** The graphs take tiles of `size` × `size` only. Default false. */
    readonly fixed?: boolean;
  };
  /** Brings low frequencies back to those of the enlarged source. */
  readonly colorFix: 'none' | 'wavelet';
  /** Of the weights. Graph boundaries are converted as needed. */
  readonly precision: 'float32' | 'float16' | 'int8' | 'mixed';
  readonly licence: {
    readonly name: string;
    readonly text?: string;
    readonly url?: string;
    readonly redistributable: boolean;
  };
  /** Where graphs and weights came from, in a sentence. */
  readonly source: string;
  readonly quality?: readonly {
    readonly set: string;
    readonly steps: number;
    readonly values: Record<string, number>;
  }[];
}

export type GraphRole = 'prompt' | 'preprocess' | 'encode' | 'condition' | 'denoise' | 'decode';
export type Range = readonly [-1, 1] | readonly [0, 1];

/** A file of the bundle, beside `model.json` or in a folder below it. */
export interface FileEntry {
  readonly file: string;
  readonly sha256: string;
}

export interface GraphEntry extends FileEntry {
  /** What the graph is fed: role → name of the tensor. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Weights kept outside the graph (above 2 GB). */
  readonly externalData?: readonly FileEntry[];
  /** Of the pictures this graph takes and gives, when it is not the bundle's. */
  readonly range?: Range;
}

/** float32, little-endian, row-major. */
export interface ConstantEntry extends FileEntry {
  readonly dims: readonly number[];
}

/** The paper whose sampler walks, and the numbers its network was trained with. */
export type Schedule =
  | { readonly system: 'resshift'; readonly schedule: ResShiftSettings }
  | { readonly system: 'osediff'; readonly schedule: Record<string, never> }
  | { readonly system: 'dossr'; readonly schedule: { readonly order: 1 | 2 | 3 } };
/** What the bundle's graph `prompt` gives; nothing when it has none. */
export const promptRoles = ({ graphs }: Manifest): readonly string[] => Object.keys(graphs.prompt?.outputs ?? {});
