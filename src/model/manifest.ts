import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../errors';
import type { ResShiftSettings } from '../sampler/resshift';
import { ruleDefect } from './manifestRules';
import { validateManifest } from './manifestSchema';

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

export const MANIFEST_FILE = 'model.json';

/** What the bundle's graph `prompt` gives; nothing when it has none. */
export const promptRoles = ({ graphs }: Manifest): readonly string[] => Object.keys(graphs.prompt?.outputs ?? {});

/** Reads and checks `folder`/model.json. The files it names are not looked at. */
export async function readManifest(folder: string): Promise<{ manifest: Manifest; bytes: Uint8Array }> {
  const path = join(folder, MANIFEST_FILE);
  const bytes = await readFile(path).catch((cause: unknown) => {
    const message = `${folder} is not a model bundle: it has no readable ${MANIFEST_FILE}`;
    const remedy = 'Give the folder of a bundle (docs/bundles.md), or one of the names that `remaster models` lists.';
    throw new RemasterError('MODEL_NOT_FOUND', message, { remedy, cause });
  });
  return { manifest: parseManifest(bytes, path), bytes };
}

/** `path` is for the error messages only. */
export function parseManifest(bytes: Uint8Array, path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(path, `is not JSON (${why})`, 'Correct the file, or fetch the bundle again.', cause);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only looked at
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 1) {
    throw invalid(path, `has format ${format}, and this version reads format 1`, 'Update remaster.');
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked in the first half
  const defect = validateManifest(value) ?? ruleDefect(value as Manifest);
  if (defect !== null) throw invalid(path, defect, 'Correct this field; docs/bundles.md describes all of them.');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked
  return value as Manifest;
}

/** `MODEL_INVALID`, naming the file first. */
export const invalid = (file: string, what: string, remedy: string, cause?: unknown): RemasterError =>
  new RemasterError('MODEL_INVALID', `${file} ${what}`, { remedy, cause });
