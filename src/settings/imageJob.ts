import { checkSettings, defaultsOf } from './checkRows';
import type { Values } from './row';
import { IMAGE_ROWS } from './table';

/** Settings to upscale one image. */
export type ImageJob = Values<typeof IMAGE_ROWS>;
export type ImageFormat = ImageJob['format'];

export const IMAGE_DEFAULTS = defaultsOf(IMAGE_ROWS);

/** Checks the settings. Throws BAD_SETTING. */
export const checkImageJob = (given: unknown): ImageJob => checkSettings(IMAGE_ROWS, given);

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
  /** `reason`: why it was chosen; absent where the job named it. */
  readonly model: {
    readonly name: string;
    readonly provider: string;
    readonly steps: number;
    readonly reason?: string;
  };
  /** For example that memory ran out and tiles became smaller. */
  readonly warnings: readonly string[];
}
