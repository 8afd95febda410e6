import { JOB_DEFAULTS, type ModelSettings } from './restoreJob';
import { checkModelSettings, choice, whole } from './validate';

/** Output format. `auto`: the format of the source; pixels become JPEG, or PNG with an alpha channel. */
export const IMAGE_FORMATS = ['auto', 'jpeg', 'png', 'webp', 'pixels'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** Settings to upscale one image. */
export interface ImageJob extends ModelSettings {
  readonly format: ImageFormat;
  /** JPEG and WebP quality, 1…100; 100 is lossless WebP. */
  readonly quality: number;
  /** Maximum pixels (width × height) of the source: a small file can decode to more than fits into memory. */
  readonly maxPixels: number;
}

/** A 12-megapixel phone photo, and the largest that ×4 models keep below the 268 megapixels of a result. */
const LARGEST = 16_000_000;

const { model, provider, device, threads, steps, order, strength, noise, seed } = JOB_DEFAULTS;
const { colorFix, scale, faces, minFace, tile, overlap } = JOB_DEFAULTS;
export const IMAGE_DEFAULTS: ImageJob = {
  ...{ model, provider, device, threads, steps, order, strength, noise, seed },
  ...{ colorFix, scale, faces, minFace, tile, overlap },
  format: 'auto',
  quality: 90,
  maxPixels: LARGEST,
};

/** Validates the settings. Throws BAD_SETTING. */
export function checkImageJob(job: ImageJob): ImageJob {
  choice('format', job.format, IMAGE_FORMATS);
  whole('quality', job.quality, 1, 100);
  whole('maxPixels', job.maxPixels, 1, 2 ** 28);
  return checkModelSettings(job);
}

/** An image: the bytes of a JPEG, PNG or WebP file, or raw pixels. */
export type ImageSource =
  | { readonly kind: 'file'; readonly data: Uint8Array }
  /** 8-bit samples, [height, width, channels], no padding. 1 channel = grey, 3 = RGB, 4 = RGBA. */
  | {
      readonly kind: 'pixels';
      readonly data: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly channels: 1 | 3 | 4;
    };

/** An upscaled image. */
export interface ImageResult {
  /** The bytes of an image file in `format`, or 8-bit pixels as in `ImageSource`. */
  readonly data: Uint8Array;
  readonly format: Exclude<ImageFormat, 'auto'>;
  readonly width: number;
  readonly height: number;
  /** Number of channels in `data` when `format` is `pixels`. */
  readonly channels: 1 | 3 | 4;
  /** Output side ÷ source side, after EXIF rotation. */
  readonly scale: number;
  /** Milliseconds from decoding to the encoded result. */
  readonly ms: number;
  readonly model: { readonly name: string; readonly provider: string; readonly steps: number };
}
