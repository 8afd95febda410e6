import type { Metadata } from 'sharp';
import { RemasterError } from '../../../errors';
import type { ImageSource } from '../../../settings/imageJob';
import { loadSharp, type Sharp } from './loadSharp';

/** A picture as the model takes it, and what has to come back with the result. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 16;
  /** R′G′B′ as in a `Frame`, upright. The colours are those of `profile`, not converted. */
  readonly data: Uint8Array;
  /** Opacity, one sample of `depth` bits a pixel; null when the picture is opaque. */
  readonly alpha: Uint8Array | null;
  /** It came with one channel of light, and goes with one. */
  readonly isGrey: boolean;
  readonly format: 'jpeg' | 'png' | 'webp' | 'pixels';
  /** The ICC profile of the file; null when it has none, or none that fits its pixels. */
  readonly profile: Uint8Array | null;
  /** What the camera has written into the file; null when it has nothing of the kind. */
  readonly exif: Uint8Array | null;
}

/** Decodes a picture of at most `maxPixels`, which is looked up in its header first. Errors: IMAGE_UNREADABLE, IMAGE_TOO_LARGE. */
export async function decodeImage(source: ImageSource, maxPixels: number): Promise<DecodedImage> {
  return source.kind === 'file' ? fromFile(loadSharp(), source.data, maxPixels) : fromPixels(source, maxPixels);
}

async function fromFile(sharp: Sharp, data: Uint8Array, maxPixels: number): Promise<DecodedImage> {
  const format = formatOf(data);
  // failOn error: a picture that breaks off is refused; a camera's sloppy markers are not
  const options = { limitInputPixels: false, ignoreIcc: true, failOn: 'error' } as const;
  const file = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  try {
    const header = await sharp(file, options).metadata();
    requireSize(header.width, header.height, maxPixels);
    const depth = header.depth === 'ushort' ? 16 : 8;
    const isGrey = header.space === 'b-w' || header.space === 'grey16';
    // Inks are no light: they are converted, and their profile has done its duty.
    const isInk = header.space === 'cmyk';
    const upright = sharp(file, { ...options, ignoreIcc: !isInk, limitInputPixels: maxPixels })
      .autoOrient()
      .toColourspace(depth === 16 ? 'rgb16' : 'srgb');
    const { data: samples, info } = await upright
      .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const profile = isInk ? null : fitting(header, isGrey);
    return {
      ...planes(samples, channels, depth / 8),
      width,
      height,
      depth,
      isGrey,
      format,
      profile,
      exif: header.exif ?? null,
    };
  } catch (cause) {
    if (cause instanceof RemasterError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unreadable(`The ${format.toUpperCase()} picture cannot be decoded: ${lastLine(why)}.`, cause);
  }
}

function fromPixels(source: ImageSource & { kind: 'pixels' }, maxPixels: number): DecodedImage {
  const { data, width, height, channels } = source;
  requireSize(width, height, maxPixels);
  if (data.length !== width * height * channels) {
    throw unreadable(
      `The picture says ${width}×${height} with ${channels} channels and holds ${data.length} bytes instead of ${width * height * channels}.`,
    );
  }
  const rest = {
    width,
    height,
    depth: 8,
    isGrey: channels === 1,
    format: 'pixels',
    profile: null,
    exif: null,
  } as const;
  return { ...planes(data, channels, 1), ...rest };
}

/** By the first bytes, because a name or a content type may say anything. */
function formatOf(data: Uint8Array): 'jpeg' | 'png' | 'webp' {
  if (data.length === 0) throw unreadable('The picture is empty (0 bytes).');
  const head = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, 12)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'webp';
  const looks = /^[\x20-\x7e\s]*$/.test(head) ? `begins with the text ${JSON.stringify(head)}` : 'is something else';
  throw unreadable(`The data is no JPEG, PNG or WebP picture: it ${looks}.`);
}

function requireSize(width: number, height: number, maxPixels: number): void {
  if (!(width >= 1 && height >= 1)) throw unreadable(`The picture says that it is ${width}×${height}.`);
  if (width * height <= maxPixels) return;
  const size = `${width}×${height} (${(Math.ceil((width * height) / 1e5) / 10).toFixed(1)} megapixels)`;
  throw tooLarge(
    `The image is ${size}; the limit is ${maxPixels / 1e6} megapixels.`,
    'Use a smaller image, or raise “Max. megapixels” (--max-megapixels on the command line).',
  );
}

/** Samples of 1, 2, 3 or 4 channels as three of light and one of opacity. */
function planes(
  samples: Uint8Array,
  channels: number,
  bytes: number,
): { readonly data: Uint8Array; readonly alpha: Uint8Array | null } {
  const light = channels < 3 ? 1 : 3;
  if (channels === 3) return { data: new Uint8Array(samples), alpha: null };
  const pixels = samples.length / channels / bytes;
  const data = new Uint8Array(pixels * 3 * bytes);
  const alpha = channels === 2 || channels === 4 ? new Uint8Array(pixels * bytes) : null;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * channels * bytes;
    for (let b = 0; b < bytes; b++) {
      for (let c = 0; c < 3; c++) {
        data[(pixel * 3 + c) * bytes + b] = samples[from + (light === 1 ? 0 : c) * bytes + b]!;
      }
      if (alpha) alpha[pixel * bytes + b] = samples[from + light * bytes + b]!;
    }
  }
  const isOpaque = alpha?.every((byte) => byte === 255) ?? true;
  return { data, alpha: isOpaque ? null : alpha };
}

/** The profile, if it is of the kind of pixels that the result will have. */
function fitting({ icc }: Metadata, isGrey: boolean): Uint8Array | null {
  if (!icc || icc.length < 128) return null;
  return icc.toString('latin1', 16, 20) === (isGrey ? 'GRAY' : 'RGB ') ? icc : null;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!.replace(/\.$/, '');

const unreadable = (message: string, cause?: unknown): RemasterError =>
  new RemasterError('IMAGE_UNREADABLE', message, {
    remedy: 'Send a whole JPEG, PNG or WebP picture.',
    ...(cause === undefined ? {} : { cause }),
  });

export const tooLarge = (message: string, remedy: string): RemasterError =>
  new RemasterError('IMAGE_TOO_LARGE', message, { remedy });
