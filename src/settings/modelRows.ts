import { AUTO } from './chooseModel';
import { bundle, choice, number, text, whole } from './row';
import { FACES, INPUT, MODEL, SPEED } from './topics';

/** A model and where it runs. */
export const CHOICE_ROWS = {
  /** Name of a bundle (`x4`) or path of its folder; `auto` chooses one for the source. */
  model: bundle(AUTO, {
    text: 'model to use, see `remaster models`; auto: the one that suits the source',
    option: { topic: MODEL },
  }),
  /** onnxruntime execution provider; `auto` uses the fastest one that works and falls back to `cpu`. */
  provider: choice(['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'], 'auto', {
    text: 'where the model runs',
    option: { topic: SPEED, value: 'NAME' },
    dialog: { icon: 'microchip' },
  }),
  /** GPU index. */
  device: whole(0, 255, 0, { text: 'GPU number', option: { topic: SPEED }, dialog: { icon: 'hashtag' } }),
  /** Threads of one inference; 0 = one per core. */
  threads: whole(0, 1024, 0, {
    text: 'inference threads, 0 = one per core',
    option: { topic: SPEED },
    dialog: { icon: 'tasks' },
  }),
  /** Seconds in which the model must be loaded; null = 300, and 60 for each gigabyte of its files. */
  loadLimit: number(1, 86_400, null, {
    text: 'seconds in which the model must be loaded',
    unset: '300, and 60 per GB',
    option: { topic: SPEED, value: 'SECONDS' },
    dialog: { icon: 'hourglass-half' },
  }),
} as const;

/** Settings for one kind of source, laid under the others. */
export const PRESET_ROW = {
  /** Name of the preset whose settings are laid under those that are given. */
  preset: text(1, 4096, null, {
    text: 'settings for a kind of source, under the other options; see `remaster presets`',
    unset: 'none',
    option: { topic: MODEL, value: 'NAME|FILE.json' },
  }),
} as const;

/** How frames are cut for the model. */
export const TILE_ROWS = {
  /** Longest side of a tile in source pixels; null = chosen by frame size. */
  tile: whole(16, 8192, null, {
    text: 'longest tile side in source pixels',
    unset: 'auto',
    option: { topic: SPEED, value: 'N|auto', words: { auto: null } },
    dialog: { icon: 'th-large' },
  }),
  /** Overlap of neighbouring tiles in source pixels, at most half a tile; null = the model's default. */
  overlap: whole(0, 4096, null, {
    text: 'overlap of tiles in source pixels',
    unset: 'auto: set by the model',
    option: { topic: SPEED, value: 'N|auto', words: { auto: null } },
    dialog: { icon: 'object-group' },
  }),
} as const;

/** What the model does to images and frames. */
export const QUALITY_ROWS = {
  /** Output side ÷ source side, up to the model's scale; null = the model's scale. */
  scale: number(0.1, 16, null, {
    text: 'output size / input size, at most the scale of the model',
    unset: 'that scale',
    option: { topic: MODEL, value: 'S' },
    dialog: { icon: 'expand', section: 'image', typed: 'num' },
  }),
  /** Sampling steps (network calls) per frame; null = the model's default. */
  steps: whole(1, 1000, null, {
    text: 'sampling steps per frame: more = more detail, slower',
    unset: 'set by the model',
    option: { topic: MODEL },
    dialog: { icon: 'list-ol', section: 'image', typed: 'num' },
  }),
  /** Blends the model's output with the bicubic enlargement; 1 = only the model's output. */
  strength: number(0, 1, 1, {
    text: '1 = output of the model, 0 = plain resampling',
    option: { topic: MODEL, value: 'S' },
    dialog: { icon: 'adjust', section: 'image', typed: 'num' },
  }),
  /** Transfers the colours of the source to the result; null = the model's default. */
  colorFix: choice(['none', 'wavelet', 'adain'], null, {
    text: 'match the colours of the source',
    unset: 'set by the model',
    option: { topic: MODEL },
    dialog: { icon: 'tint', section: 'image' },
  }),
  noise: choice(['shared', 'independent', 'mixed'], 'shared', {
    text: 'noise pattern per shot',
    option: { topic: MODEL },
    dialog: { icon: 'braille', section: 'advanced' },
  }),
  seed: whole(0, 2 ** 32 - 1, 1, {
    text: 'random seed',
    option: { topic: MODEL },
    dialog: { icon: 'random', section: 'advanced', typed: 'num' },
  }),
  /** Order of DoSSR's solver; null = the model's default. */
  order: choice([1, 2, 3], null, {
    text: 'solver order, DoSSR models only',
    unset: 'set by the model',
    option: { topic: MODEL },
    dialog: { icon: 'sort-numeric-asc', section: 'advanced' },
  }),
  /** Face models only: detect faces in every frame, or treat each frame as one aligned face. Null = `detect`. */
  faces: choice(['detect', 'aligned'], null, {
    text: 'find faces, or treat each frame as one aligned face',
    unset: 'detect',
    option: { topic: FACES },
    dialog: { icon: 'smile-o', section: 'faces' },
  }),
  /** Smallest face to restore, in source pixels; null = 32. */
  minFace: whole(8, 8192, null, {
    text: 'smallest face to restore, in source pixels',
    unset: '32',
    option: { topic: FACES },
    dialog: { icon: 'compress', section: 'faces' },
  }),
} as const;

/** The model and what it does: the same for images and frames. */
export const MODEL_ROWS = { ...CHOICE_ROWS, ...QUALITY_ROWS, ...TILE_ROWS } as const;

/** Processing of frames of videos, besides the model. */
export const FRAME_ROWS = {
  /** Averages noise over neighbouring frames in still areas before the model (ffmpeg's `atadenoise`). */
  temporalDenoise: choice(['off', 'low', 'high'], 'off', {
    text: 'denoise over neighbouring frames first',
    option: { topic: MODEL },
    dialog: { icon: 'hand-paper-o', section: 'image' },
  }),
  /**
   * Skips tiles that differ by at most this many levels from the last inferred tile at the same position. 0 = only
   * identical tiles, which is exact; null = off. Requires shared noise.
   */
  tileCache: whole<number | null>(0, 255, 0, {
    text: 'skip areas that did not change (exact) or changed by at most N of 255',
    unset: 'off',
    option: { topic: SPEED, value: 'exact|N|off', words: { exact: 0, off: null } },
    dialog: { icon: 'history', section: 'advanced', list: ['0', '2', '4', '8', 'off'] },
  }),
} as const;

/** How the frames of a file or a camera are read. */
export const READ_ROWS = {
  deinterlace: choice(['auto', 'on', 'off'], 'auto', {
    text: 'deinterlace',
    dialog: { icon: 'align-justify', section: 'reading' },
  }),
  /** Maximum frames per second: frames of a faster source are dropped evenly. Null = all frames. */
  maxFps: number(0.01, 1000, null, {
    text: 'drop frames evenly above this frame rate',
    unset: 'all frames',
    option: { topic: INPUT },
    dialog: { icon: 'tachometer', section: 'reading' },
  }),
  /** Maximum height in pixels: a larger source is scaled down before the model. Null = no limit. */
  maxHeight: whole(16, 16_384, null, {
    text: 'downscale the source to this height first',
    unset: 'no limit',
    option: { topic: INPUT },
    dialog: { icon: 'compress', section: 'reading' },
  }),
  /** `auto`: decodes on the GPU if ffmpeg supports it. */
  hwaccel: choice(['off', 'auto'], 'off', { text: 'decode on the GPU if ffmpeg can', option: { topic: INPUT } }),
} as const;
