import { JOB_DEFAULTS, type ModelSettings } from './restoreJob';
import { checkModelSettings, choice, whole } from './validate';

/** What a finished picture is stored as. `auto`: as it came; pixels become JPEG, or PNG when they are partly transparent. */
export const IMAGE_FORMATS = ['auto', 'jpeg', 'png', 'webp', 'pixels'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** How one picture is to be made better. */
export interface ImageJob extends ModelSettings {
  readonly format: ImageFormat;
  /** Of JPEG and WebP, 1…100; 100 is lossless in WebP. */
  readonly quality: number;
  /** Pixels of the source at most: a small file may hold a picture that no memory holds. */
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

/** Checks the settings of a picture once, at the door. */
export function checkImageJob(job: ImageJob): ImageJob {
  choice('format', job.format, IMAGE_FORMATS);
  whole('quality', job.quality, 1, 100);
  whole('maxPixels', job.maxPixels, 1, 2 ** 28);
  return checkModelSettings(job);
}

/** A picture as it comes: a JPEG, PNG or WebP file, or bare pixels. */
export type ImageSource =
  | { readonly kind: 'file'; readonly data: Uint8Array }
  /** 8-bit samples, rows top to bottom, no padding. Grey has 1 channel, red, green and blue 3, with opacity 4. */
  | {
      readonly kind: 'pixels';
      readonly data: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly channels: 1 | 3 | 4;
    };

/** A finished picture. */
export interface ImageResult {
  /** A file in `format`, or 8-bit pixels as in `ImageSource`. */
  readonly data: Uint8Array;
  readonly format: Exclude<ImageFormat, 'auto'>;
  readonly width: number;
  readonly height: number;
  /** Of `data`, when it is pixels. */
  readonly channels: 1 | 3 | 4;
  /** Side of the result ÷ side of the source, after the source was turned upright. */
  readonly scale: number;
  /** Milliseconds from the first byte read to the last written. */
  readonly ms: number;
  readonly model: { readonly name: string; readonly provider: string; readonly steps: number };
}
