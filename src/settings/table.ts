import { hardware } from './hardware';
import { FRAME_ROWS, MODEL_ROWS, PRESET_ROW, READ_ROWS } from './modelRows';
import { bundle, choice, group, number, toggle, whole } from './row';
import { INPUT, OUTPUT } from './topics';
import { INPUT_ROWS, MASK_ROWS, OUTPUT_ROWS } from './videoRows';

/** Quality of JPEG and WebP. */
const imageQuality = whole(1, 100, 90, {
  text: 'JPEG and WebP: 1 to 100, higher = better; 100 = lossless WebP',
  option: { topic: OUTPUT },
  dialog: { icon: 'sliders', section: 'image' },
});

/** A 12-megapixel phone photo, and the largest that ×4 models keep below the 268 megapixels of a result. */
const MAX_PIXELS = 16_000_000;

const maxPixels = (fallback: number) =>
  whole(1, 2 ** 28, fallback, {
    text: 'refuse larger images',
    unitSize: 1e6,
    option: { topic: INPUT, name: 'max-megapixels' },
    dialog: { icon: 'shield', section: 'message' },
  });

/** The mask itself is an image of its own, not a setting. */
const { mask: __, ...IMAGE_MASK_ROWS } = MASK_ROWS;

/** Enlarging one image. */
export const IMAGE_ROWS = {
  ...PRESET_ROW,
  ...MODEL_ROWS,
  ...IMAGE_MASK_ROWS,
  /** Output format. `auto`: the format of the source; pixels become JPEG, or PNG with an alpha channel. */
  format: choice(['auto', 'jpeg', 'png', 'webp', 'pixels'], 'auto', {
    text: 'format of the result',
    dialog: { icon: 'file-image-o', section: 'image' },
  }),
  /** JPEG and WebP quality; 100 is lossless WebP. */
  quality: imageQuality,
  /** Maximum pixels (width × height) of the source: a small file can decode to more than fits into memory. */
  maxPixels: maxPixels(MAX_PIXELS),
} as const;

const { scale: _, ...UNSCALED_ROWS } = MODEL_ROWS;

/** Upscaling frames in a pipeline of the library. Their size is that of the model. */
export const UPSCALE_ROWS = {
  ...UNSCALED_ROWS,
  ...MASK_ROWS,
  tileCache: FRAME_ROWS.tileCache,
  batch: INPUT_ROWS.batch,
} as const;

/** Encoding frames of such a pipeline. */
export const JPEG_ROWS = { quality: imageQuality } as const;

/** Extracting frames of a video as images. */
export const FRAMES_ROWS = {
  ...INPUT_ROWS,
  /** False: frames are extracted without the model. */
  isUpscaled: toggle(false, { text: 'upscale the frames' }),
  /** Maximum width in pixels; wider images are scaled down. Null = no limit. */
  width: whole(16, 65_536, null, {
    text: 'scale wider images down',
    unset: 'no limit',
    dialog: { icon: 'arrows-h' },
  }),
  format: choice(['jpeg', 'png', 'webp'], 'jpeg', {
    text: 'format of the images',
    dialog: { icon: 'file-image-o' },
  }),
  /** JPEG and WebP quality. */
  quality: imageQuality,
} as const;

/** Encoding a sequence of images to a video. */
export const ASSEMBLE_ROWS = {
  ...OUTPUT_ROWS,
  /** Frames per second. Null: from the presentation time of each image, otherwise 25. */
  fps: number(0.01, 1000, null, {
    text: 'frame rate',
    unset: 'times of the images, else 25',
    dialog: { icon: 'picture-o', section: 'job', for: 'file' },
  }),
  /** Maximum pixels (width × height) of one image. */
  maxPixels: maxPixels(16 * MAX_PIXELS), // the largest image after upscaling ×4
} as const;

/** Targets of a video out node for cameras. */
const CAMERA_TARGETS = 'mjpeg hls segments push fragments jpeg discard';

const fraction = (fallback: number, what: string) => number(0, 1, fallback, { text: what });

/** Upscaling what a camera sends. Its source and target are not in one row each: `liveJob.ts`. */
export const LIVE_ROWS = {
  ...PRESET_ROW,
  ...MODEL_ROWS,
  ...FRAME_ROWS,
  ...READ_ROWS,
  /** Constant quality of the encoder (CRF); null = its default. */
  quality: whole(0, 51, null, { text: 'constant quality (CRF), lower = better', unset: 'of the encoder' }),
  hardware,
  /** Latency limit in milliseconds. A frame that is expected to exceed it is dropped before processing. */
  budgetMs: number(50, 60_000, 500, {
    text: 'latency limit in milliseconds',
    dialog: { icon: 'clock-o', section: 'live', for: CAMERA_TARGETS },
  }),
  /**
   * When overloaded: `drop` drops frames; `adapt` first lowers the quality: fewer steps, the fallback model, smaller frames,
   * then the settings below. It starts with the lowest of the first three.
   */
  overload: choice(['drop', 'adapt'], 'adapt', {
    text: 'when overloaded',
    dialog: { icon: 'tachometer', section: 'live', for: CAMERA_TARGETS },
  }),
  /** Name or folder of a faster model of the same scale; null = `x4-live` for models that upscale ×4. */
  fallbackModel: bundle(null, { text: 'a faster model for an overloaded machine', unset: '`x4-live` for ×4 models' }),
  /** Only this region goes through the model; the rest is resampled. Null = the whole frame. */
  region: group(
    {
      left: fraction(0, 'left edge'),
      top: fraction(0, 'top edge'),
      width: fraction(1, 'width'),
      height: fraction(1, 'height'),
      /** `slow`: only while overloaded, with `overload: 'adapt'`. */
      when: choice(['always', 'slow'], 'always', { text: 'always, or only while overloaded' }),
    },
    null,
    ({ left, top, width, height }) =>
      width > 0 && height > 0 && left + width <= 1 + 1e-9 && top + height <= 1 + 1e-9
        ? null
        : 'inside the frame: left, top, width and height as fractions of its sides',
    { text: 'region of the frame, as fractions of its width and height', unset: 'the whole frame' },
  ),
  /** Allows to process only every second, fourth or eighth frame. */
  skipFramesEvenly: toggle(false, { text: 'when overloaded, process every second, fourth or eighth frame' }),
} as const;
