import type { ResShiftSettings } from '../../sampler/resshift';

/** Contents of `model.json`. `manifestSchema.ts` is the JSON schema of the same; `docs/bundles.md` documents it. */
export type Manifest = ManifestBase & Schedule;

interface ManifestBase {
  readonly format: 1;
  readonly name: string;
  readonly title: string;
  readonly task: 'upscale' | 'restore' | 'inpaint' | 'face';
  /** Output side ÷ source side. */
  readonly scale: number;
  readonly graphs: Readonly<Partial<Record<GraphRole, GraphEntry>>> & { readonly denoise: GraphEntry };
  /** Constant input tensors, by role, for example a prompt embedding. */
  readonly constants?: Readonly<Record<string, ConstantEntry>>;
  readonly grid: {
    /** Output pixels per point of the sampler's working grid: 1 for pixel space, 8 for Stable Diffusion's latents. */
    readonly factor: number;
    readonly channels: number;
  };
  /** Default number of sampling steps (network calls) per frame. */
  readonly defaultSteps: number;
  /** y, the start of the sampler: the bicubic enlargement, or the output of the `encode` graph. */
  readonly start: 'bicubic' | 'encode';
  /** Values of black and white in the graphs. */
  readonly range: Range;
  /** Tile sides must be multiples of this many source pixels. */
  readonly multiple: number;
  readonly tile: {
    /** Frames of up to this many source pixels (width · height) run as one tile. */
    readonly wholeUpTo: number;
    /** Side and overlap of tiles in larger frames, in source pixels. */
    readonly size: number;
    readonly overlap: number;
    /** The graphs accept only tiles of `size` × `size`. Default false. */
    readonly fixed?: boolean;
  };
  /** `wavelet`: replaces the low frequencies of the result with those of the enlarged source. */
  readonly colorFix: 'none' | 'wavelet';
  /** Precision of the weights. Graph boundaries are converted as needed. */
  readonly precision: 'float32' | 'float16' | 'int8' | 'mixed';
  readonly licence: {
    readonly name: string;
    readonly text?: string;
    readonly url?: string;
    readonly redistributable: boolean;
  };
  /** Origin of graphs and weights, in a sentence. */
  readonly source: string;
  /** A proof of concept, listed last. Default false. */
  readonly research?: boolean;
  /** Doubts about the origin, in sentences; shown in lists of models. */
  readonly notes?: readonly string[];
  readonly quality?: readonly {
    readonly set: string;
    readonly steps: number;
    readonly values: Record<string, number>;
  }[];
}

export type GraphRole = 'prompt' | 'preprocess' | 'encode' | 'condition' | 'denoise' | 'decode';
export type Range = readonly [-1, 1] | readonly [0, 1];

/** A file of the bundle, relative to its folder. */
export interface FileEntry {
  readonly file: string;
  readonly sha256: string;
}

export interface GraphEntry extends FileEntry {
  /** Role → name of the tensor. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Weights stored outside the graph (above 2 GB). */
  readonly externalData?: readonly FileEntry[];
  /** Range of this graph's images, if it differs from the bundle's. */
  readonly range?: Range;
}

/** float32, little-endian, row-major. */
export interface ConstantEntry extends FileEntry {
  readonly dims: readonly number[];
}

/** The paper of the sampler, and the schedule the network was trained with. */
export type Schedule =
  | { readonly system: 'resshift'; readonly schedule: ResShiftSettings }
  | { readonly system: 'osediff'; readonly schedule: Record<string, never> }
  | { readonly system: 'dossr'; readonly schedule: { readonly order: 1 | 2 | 3 } };
/** Output roles of the `prompt` graph; empty when there is none. */
export const promptRoles = ({ graphs }: Manifest): readonly string[] => Object.keys(graphs.prompt?.outputs ?? {});
