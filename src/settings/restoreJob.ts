export type NoiseMode = 'shared' | 'independent' | 'mixed';
export type CodecName = 'h264' | 'h265' | 'av1' | 'ffv1' | 'prores' | 'custom';
/** How the result is stored: chroma full, halved or quartered, 8 or 10 bits. */
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

/** Which model, and on what it runs. Two jobs with equal values share one loaded model. */
export interface ModelChoice {
  /** Name of a bundle (`x4`) or path of its folder. */
  readonly model: string;
  /** `auto` tries what is there, best first, and always ends at `cpu`. */
  readonly provider: string;
  /** GPU number, for providers that have several. */
  readonly device: number;
  /** Threads of one inference; 0 = one per core. */
  readonly threads: number;
}

/** One restoration, whole. Plain JSON: it crosses to the engine, is kept in the journal, and its hash names the result. */
export interface Job extends ModelChoice {
  readonly input: string;
  readonly output: string;
  readonly overwrite: boolean;
  /** Keep finished segments when the job is interrupted, and go on from there next time. */
  readonly resume: boolean;
  /** Network calls per frame; null = the model's own default. */
  readonly steps: number | null;
  /** Of DoSSR's solver; null = the model's own. */
  readonly order: 1 | 2 | 3 | null;
  /** 1 = the model's picture, 0 = the plain resampled picture. */
  readonly strength: number;
  readonly noise: NoiseMode;
  readonly seed: number;
  /** Gives the result the colours of the source; null = as the model advises. */
  readonly colorFix: 'none' | 'wavelet' | 'adain' | null;
  /** Averages noise over neighbouring frames where nothing moves, before the model sees it. */
  readonly temporalDenoise: 'off' | 'low' | 'high';
  /** Side of the result ÷ side of the source, at most the model's own scale; null = the model's own. */
  readonly scale: number | null;
  /** Of a face model: faces are found in every frame, or every frame is one aligned face. Null = found, if it is a face model. */
  readonly faces: 'detect' | 'aligned' | null;
  /** Smallest face that is restored, in source pixels; null = 32. */
  readonly minFace: number | null;
  /** Of a model that fills holes: a picture or video that is white where there is a hole. Null = `maskColor` says where. */
  readonly mask: string | null;
  /** Holes are where the film has this colour, `#rrggbb`. */
  readonly maskColor: string | null;
  /** How far from `maskColor` is still a hole, 0…1 of the full range in every channel; null = 0.1. */
  readonly maskTolerance: number | null;
  /** Pixels by which holes are made larger each way; null = 2 around a colour, 0 with a mask. */
  readonly maskGrow: number | null;
  /** Longest side of a tile in source pixels; null = chosen by frame size. */
  readonly tile: number | null;
  /** How far tiles reach into each other, in source pixels, at most half a tile; null = as the model advises. */
  readonly overlap: number | null;
  /**
   * Tiles that differ by at most this many levels of 255 from what was last inferred at their place are not inferred
   * again. 0 = not at all, which is exact; null = every tile of every frame is inferred. Shared noise only.
   */
  readonly tileCache: number | null;
  /** Tiles per network call; null = measured when the model is there. */
  readonly batch: number | null;
  readonly codec: CodecName;
  /** Of the codec `custom`: an encoder of ffmpeg and its options, `h264_nvenc -preset p7 -cq 18`. */
  readonly encoder: string | null;
  /** Constant quality of the codec (CRF); null = the preset's own. Lossless codecs ignore it. */
  readonly quality: number | null;
  /** Null = what the codec is usually stored as, with the source's bit depth. */
  readonly pixelFormat: PixelFormat | null;
  /** Frames between two entries in the journal: what a power cut can cost at most. */
  readonly segment: number;
  /** The job starts when fewer than this many run in its engine. */
  readonly concurrency: number;
  readonly audio: 'copy' | 'encode' | 'none';
  /** Carry subtitles, chapters, attachments and metadata. */
  readonly extras: boolean;
  readonly deinterlace: 'auto' | 'on' | 'off';
  /** Pictures per second, when the input is a folder of pictures. */
  readonly sequenceRate: number;
  /** Frames per second at most: of a faster source, frames are left out evenly. Null = all frames. */
  readonly maxFps: number | null;
  /** Sources with more lines than this are scaled down to it first. Null = never. */
  readonly maxHeight: number | null;
  /** `auto`: decode on the GPU where ffmpeg can, else as always. */
  readonly hwaccel: 'off' | 'auto';
  /** Seconds from the start of the video; `end` null = to the end. */
  readonly trim: { readonly start: number; readonly end: number | null } | null;
}

/** What the model does to a picture, be it a frame or a photograph. */
export type ModelSettings = ModelChoice &
  Pick<
    Job,
    'steps' | 'order' | 'strength' | 'noise' | 'seed' | 'colorFix' | 'scale' | 'faces' | 'minFace' | 'tile' | 'overlap'
  >;

/** What a job reads and what it makes of it, without what it writes. */
export type InputSettings = Omit<
  Job,
  | 'output'
  | 'overwrite'
  | 'resume'
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
  resume: false,
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

/** What has been saved by not inferring again what has not changed. */
export interface CacheStats {
  /** Of all tiles, 0…1. */
  readonly share: number;
  /** Time it would have taken ÷ time it took, the model's part and ours together. */
  readonly speedup: number;
}

export type Stage = 'probing' | 'loading' | 'resuming' | 'restoring' | 'finishing';

/** Where a running job stands. */
export interface Progress {
  readonly stage: Stage;
  /** Frames finished, counting those of an earlier run that was resumed. */
  readonly frame: number;
  /** Frames of the whole job; an estimate until the end is seen; null when the source does not say. */
  readonly total: number | null;
  /** 0…1 by presentation time; null when the source does not say how long it is. */
  readonly share: number | null;
  /** Frames per second since restoring began; null before the first. */
  readonly fps: number | null;
  /** Seconds left; null when unknown. */
  readonly eta: number | null;
  /** Null = nothing is remembered. */
  readonly cacheStats: CacheStats | null;
}

/** What a finished job did. */
export interface Result {
  readonly output: string;
  /** Of the wanted part of the source. */
  readonly framesIn: number;
  /** The same, unless `maxFps` left some out. */
  readonly framesOut: number;
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly elapsed: number;
  /** Frames per second over the frames made in this run. */
  readonly fps: number;
  /** Bytes of the output file. */
  readonly bytes: number;
  /** Frames taken over from an interrupted run. */
  readonly resumedFrom: number;
  readonly model: { readonly name: string; readonly sha256: string; readonly provider: string; readonly steps: number };
  /** Faces restored in this run, each in every frame anew, and frames in which there was none; null when the model is not for faces. */
  readonly faces: { readonly found: number; readonly framesWithout: number } | null;
  /** As in `Progress`, over the whole run. */
  readonly cacheStats: CacheStats | null;
  /** Things a careful person would want to know: a stream that could not be carried, a damaged packet. */
  readonly warnings: readonly string[];
}
