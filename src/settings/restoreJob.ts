export type NoiseMode = 'shared' | 'independent' | 'mixed';
export type CodecName = 'h264' | 'h265' | 'av1' | 'ffv1' | 'prores' | 'custom';
/** Pixel formats of the output, by ffmpeg's names: chroma subsampling 4:2:0, 4:2:2, 4:4:4 or RGB, 8 or 10 bit. */
export const PIXEL_FORMATS = [
  'yuv420p',
  'yuv422p',
  'yuv444p',
  'yuv420p10le',
  'yuv422p10le',
  'yuv444p10le',
  'gbrp',
  'gbrp10le',
] as const;
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

/** A model and where it runs. Jobs with equal values share one loaded model. */
export interface ModelChoice {
  /** Name of a bundle (`x4`) or path of its folder. */
  readonly model: string;
  /** onnxruntime execution provider; `auto` uses the fastest one that works and falls back to `cpu`. */
  readonly provider: string;
  /** GPU index, 0…255. */
  readonly device: number;
  /** Threads of one inference, 0…1024; 0 = one per core. */
  readonly threads: number;
}

/** Restores a video file. Plain JSON: it is sent to the engine process and stored in the journal. */
export interface Job extends ModelChoice {
  readonly input: string;
  readonly output: string;
  readonly overwrite: boolean;
  /** Keeps finished segments when the job is interrupted, and continues from there next time. */
  readonly resume: boolean;
  /** Deletes the finished segments of an interrupted job of this output and starts from the beginning. */
  readonly discard: boolean;
  /** Sampling steps (network calls) per frame; null = the model's default. */
  readonly steps: number | null;
  /** Order of DoSSR's solver; null = the model's default. */
  readonly order: 1 | 2 | 3 | null;
  /** Blends the model's output with the bicubic enlargement, 0…1; 1 = only the model's output. */
  readonly strength: number;
  readonly noise: NoiseMode;
  /** 0…2³²−1. */
  readonly seed: number;
  /** Transfers the colours of the source to the result; null = the model's default. */
  readonly colorFix: 'none' | 'wavelet' | 'adain' | null;
  /** Averages noise over neighbouring frames in still areas before the model (ffmpeg's `atadenoise`). */
  readonly temporalDenoise: 'off' | 'low' | 'high';
  /** Output side ÷ source side, 0.1 up to the model's scale; null = the model's scale. */
  readonly scale: number | null;
  /** Face models only: detect faces in every frame, or treat each frame as one aligned face. Null = `detect`. */
  readonly faces: 'detect' | 'aligned' | null;
  /** Smallest face to restore, in source pixels, 8…8192; null = 32. */
  readonly minFace: number | null;
  /** Inpainting models only: path of an image or video that is white in areas to fill. Null = `maskColor` selects them. */
  readonly mask: string | null;
  /** Inpaints areas of this colour, `#rrggbb`. */
  readonly maskColor: string | null;
  /** Largest difference from `maskColor` per channel, 0…1 of the full range; null = 0.1. */
  readonly maskTolerance: number | null;
  /** Expands the mask by this many pixels, 0…64; null = 2 with a mask colour, 0 with a mask file. */
  readonly maskGrow: number | null;
  /** Longest side of a tile in source pixels, 16…8192; null = chosen by frame size. */
  readonly tile: number | null;
  /** Overlap of neighbouring tiles in source pixels, at most half a tile; null = the model's default. */
  readonly overlap: number | null;
  /**
   * Skips tiles that differ by at most this many levels, 0…255, from the last inferred tile at the same position. 0 = only
   * identical tiles, which is exact; null = off. Requires shared noise.
   */
  readonly tileCache: number | null;
  /** Tiles per network call, 1…64; null = measured when the model is loaded. */
  readonly batch: number | null;
  readonly codec: CodecName;
  /** With codec `custom`: an ffmpeg encoder and its options, `h264_nvenc -preset p7 -cq 18`. */
  readonly encoder: string | null;
  /** Constant quality of the codec (CRF), 0…63; null = the preset's default. Lossless codecs ignore it. */
  readonly quality: number | null;
  /** Null = the codec's usual format with the source's bit depth. */
  readonly pixelFormat: PixelFormat | null;
  /** Frames per segment, 1…100000: the most work that a power failure can lose. */
  readonly segment: number;
  /** The job starts when fewer than this many jobs run in its engine, 1…16. */
  readonly concurrency: number;
  readonly audio: 'copy' | 'encode' | 'none';
  /** Copies subtitles, chapters, attachments and metadata. */
  readonly extras: boolean;
  readonly deinterlace: 'auto' | 'on' | 'off';
  /** Frames per second of an image sequence. */
  readonly sequenceRate: number;
  /** Maximum frames per second: frames of a faster source are dropped evenly. Null = all frames. */
  readonly maxFps: number | null;
  /** Maximum height in pixels, 16…16384: a larger source is scaled down before the model. Null = no limit. */
  readonly maxHeight: number | null;
  /** `auto`: decodes on the GPU if ffmpeg supports it. */
  readonly hwaccel: 'off' | 'auto';
  /** Start and end in seconds of the video; `end` null = to the end. */
  readonly trim: { readonly start: number; readonly end: number | null } | null;
}

/** Settings of the model, the same for frames and images. */
export type ModelSettings = ModelChoice &
  Pick<
    Job,
    'steps' | 'order' | 'strength' | 'noise' | 'seed' | 'colorFix' | 'scale' | 'faces' | 'minFace' | 'tile' | 'overlap'
  >;

/** Settings of reading and processing a video, without those of the output. */
export type InputSettings = Omit<
  Job,
  | 'output'
  | 'overwrite'
  | 'resume'
  | 'discard'
  | 'codec'
  | 'encoder'
  | 'quality'
  | 'pixelFormat'
  | 'segment'
  | 'concurrency'
  | 'audio'
  | 'extras'
>;

export const JOB_DEFAULTS: Omit<Job, 'input' | 'output'> = {
  model: 'x4',
  provider: 'auto',
  device: 0,
  threads: 0,
  overwrite: false,
  resume: true,
  discard: false,
  steps: null,
  order: null,
  strength: 1,
  noise: 'shared',
  seed: 1,
  colorFix: null,
  temporalDenoise: 'off',
  scale: null,
  faces: null,
  minFace: null,
  mask: null,
  maskColor: null,
  maskTolerance: null,
  maskGrow: null,
  tile: null,
  overlap: null,
  tileCache: 0,
  batch: null,
  codec: 'h264',
  encoder: null,
  quality: null,
  pixelFormat: null,
  segment: 100,
  concurrency: 1,
  audio: 'copy',
  extras: true,
  deinterlace: 'auto',
  sequenceRate: 25,
  maxFps: null,
  maxHeight: null,
  hwaccel: 'off',
  trim: null,
};

/** Savings of the tile cache. */
export interface CacheStats {
  /** Skipped ÷ all tiles, 0…1. */
  readonly share: number;
  /** Estimated time without the cache ÷ time taken, including pre- and post-processing. */
  readonly speedup: number;
}

export type Stage = 'probing' | 'loading' | 'resuming' | 'restoring' | 'finishing';

/** Progress of a running job. */
export interface Progress {
  readonly stage: Stage;
  /** Finished frames, including those of an earlier run. */
  readonly frame: number;
  /** Frames of the whole job, estimated until the end is reached; null when unknown. */
  readonly total: number | null;
  /** Finished part of the duration, 0…1; null when the duration is unknown. */
  readonly share: number | null;
  /** Frames per second since restoring began; null before the first frame. */
  readonly fps: number | null;
  /** Seconds left; null when unknown. */
  readonly eta: number | null;
  /** Null when the tile cache is off. */
  readonly cacheStats: CacheStats | null;
  /** Those of the result that are known before its first frame. Absent without any. */
  readonly warnings?: readonly string[];
}

/** Result of a finished job. */
export interface Result {
  readonly output: string;
  /** Frames of the trimmed source. */
  readonly framesIn: number;
  /** Frames written: fewer than `framesIn` if `maxFps` dropped some. */
  readonly framesOut: number;
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly elapsed: number;
  /** Frames restored per second in this run. */
  readonly fps: number;
  /** Size of the output file. */
  readonly bytes: number;
  /** Frames reused from an interrupted run. */
  readonly resumedFrom: number;
  readonly model: { readonly name: string; readonly sha256: string; readonly provider: string; readonly steps: number };
  /** Faces restored in this run, counted in each frame, and frames without a face; null when it is not a face model. */
  readonly faces: { readonly found: number; readonly framesWithout: number } | null;
  /** As in `Progress`, over the whole run. */
  readonly cacheStats: CacheStats | null;
  /** For example a stream that could not be copied, or damaged packets. */
  readonly warnings: readonly string[];
}
