import type { FileHash } from '../../../../files/hashFile';

/** The format of records; another number for one that this version cannot read. */
export const RECORD_VERSION = 1;

/**
 * The facts about a result, as JSON beside it: how it was made, from what, by whom, and hashes of every frame. Names of
 * files have no folders. `recordSchema.ts` is the JSON schema of the same; docs/records.md documents it.
 */
export interface JobRecord {
  readonly record: typeof RECORD_VERSION;
  readonly result: FileHash & {
    readonly name: string;
    readonly frames: number;
    readonly width: number;
    readonly height: number;
    /** Number of images, as of a source that is a folder. Absent: it is a file. */
    readonly images?: number;
    /** Of images, their format. */
    readonly container: string;
    readonly encoder: string;
  };
  readonly source: RecordedSource;
  /** Of an inpainting job with a mask file. */
  readonly mask: RecordedSource | null;
  /** Words of the command that does the same. */
  readonly command: readonly string[];
  /** All settings; of paths, the names. */
  readonly job: Readonly<Record<string, unknown>>;
  /** The tiles that were chosen; null: the default of the model. */
  readonly tiles: { readonly tile: number | null; readonly overlap: number | null };
  /** Indices of the streams of sound of the source that are in the result. */
  readonly sound: readonly number[];
  readonly model: RecordedModel;
  readonly seed: number;
  /** What made the frames; several where an interrupted job continued elsewhere. */
  readonly makers: readonly (Maker & { readonly frames: number })[];
  readonly run: RecordedRun;
  /** Before the encoder. */
  readonly restored: FrameHashes & {
    readonly width: number;
    readonly height: number;
    /** Some pixels of some frames in base64, with the indices of the frames: see `samplePixels`. */
    readonly samples: readonly (readonly [frame: number, pixels: string])[];
  };
  /** Of the finished file. */
  readonly decoded: FrameHashes;
}

export interface FrameHashes {
  /** Format of the pixels that are hashed, by ffmpeg's name; rows without padding. */
  readonly pixelFormat: string;
  /** One for each frame, in order. */
  readonly sha256: readonly string[];
}

export interface RecordedSource extends FileHash {
  readonly name: string;
  /** Number of images; then the hash is that of the lines `HASH  NAME`, and `bytes` the sum. Absent: it is a file. */
  readonly images?: number;
}

export interface RecordedModel extends ModelFiles {
  readonly name: string;
  readonly steps: number;
  readonly scale: number;
  /** Hash of what finds the faces; null: nothing does. */
  readonly faceFinder: string | null;
  /** Why it was chosen; absent where the job named it. */
  readonly reason?: string;
}

/** A bundle on disk. */
export interface ModelFiles {
  /** Hash of its model.json, which has those of all other files. */
  readonly sha256: string;
  readonly licence: string;
  readonly files: readonly (FileHash & { readonly name: string })[];
}

/** Machine and programs. */
export interface Maker {
  readonly remaster: string;
  readonly node: string;
  readonly onnxruntime: string | null;
  readonly ffmpeg: string;
  readonly platform: string;
  readonly arch: string;
  /** Name of the processor. */
  readonly cpu: string;
  /** What it can do, of what onnxruntime has code for; empty where the system does not say. */
  readonly flags: readonly string[];
  readonly gpu: string | null;
  readonly provider: string;
  readonly threads: number;
}

/** What differs between two runs of the same job. */
export interface RecordedRun {
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly finished: string;
  /** Seconds of the last run. */
  readonly seconds: number;
  /** Seconds for the hashes of the files and of the decoded frames. */
  readonly hashSeconds: number;
  /** Frames of earlier runs. */
  readonly resumedFrom: number;
  /** Share of the tiles that were not inferred again, of the last run; null: no cache. */
  readonly cacheShare: number | null;
  readonly warnings: readonly string[];
}
