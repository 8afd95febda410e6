import type { Metadata } from 'sharp';
import { RemasterError } from '../../../errors';
import type { ImageSource } from '../../../settings/imageJob';
import { readDensity } from './density';
import { loadSharp, type Sharp } from './loadSharp';
import { pngChunks } from './readChunks';
import { type ImageText, readTexts } from './texts';

/** An image as the model takes it, with the data to be stored with the output. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 16;
  /** R′G′B′ as in a `Frame`, upright. The colours are those of `profile`, not converted. */
  readonly data: Uint8Array;
  /** Alpha, one sample of `depth` bits per pixel; null for an opaque image. */
  readonly alpha: Uint8Array | null;
  /** The image has one colour channel, and so will the output. */
  readonly isGrey: boolean;
  readonly format: 'jpeg' | 'png' | 'webp' | 'pixels';
  /** The ICC profile of the file; null without one, or if it does not match the pixels. */
  readonly profile: Uint8Array | null;
  /** The EXIF data of the file; null without any. */
  readonly exif: Uint8Array | null;
  /** The XMP packet of the file; null without any. */
  readonly xmp: Uint8Array | null;
  readonly texts: readonly ImageText[];
  /** Pixels per inch; null when the file says none. */
  readonly density: number | null;
}

/** Of pixels. */
export const NO_METADATA = { profile: null, exif: null, xmp: null, texts: [], density: null } as const;

/**
 * Decodes an image of at most `maxPixels`, after a check of the size in its header. Errors: IMAGE_UNREADABLE,
 * IMAGE_TOO_LARGE.
 */
export async function decodeImage(source: ImageSource, maxPixels: number): Promise<DecodedImage> {
  return source.kind === 'file' ? fromFile(loadSharp(), source.data, maxPixels) : fromPixels(source, maxPixels);
}

async function fromFile(sharp: Sharp, data: Uint8Array, maxPixels: number): Promise<DecodedImage> {
  const format = formatOf(data);
  // failOn error: truncated images are rejected, the invalid markers of some cameras are not
  const options = { limitInputPixels: false, ignoreIcc: true, failOn: 'error' } as const;
  const file = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (format === 'png') requireWholePng(file);
  try {
    const header = await sharp(file, options).metadata();
    if ((header.pages ?? 1) > 1) throw animated(format);
    requireSize(header.width, header.height, maxPixels);
    const depth = header.depth === 'ushort' ? 16 : 8;
    const isGrey = header.space === 'b-w' || header.space === 'grey16';
    // CMYK is converted to sRGB; its profile no longer applies.
    const isCmyk = header.space === 'cmyk';
    const upright = sharp(file, { ...options, ignoreIcc: !isCmyk, limitInputPixels: maxPixels })
      .autoOrient()
      .toColourspace(depth === 16 ? 'rgb16' : 'srgb');
    const { data: samples, info } = await upright
      .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const profile = isCmyk ? null : matchingProfile(header, isGrey);
    return {
      ...planes(samples, channels, depth / 8),
      width,
      height,
      depth,
      isGrey,
      format,
      profile,
      exif: header.exif ?? null,
      xmp: header.xmp ?? null,
      texts: readTexts(file, format),
      density: readDensity(file, format, header.exif ?? null),
    };
  } catch (cause) {
    if (cause instanceof RemasterError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw unreadable(`The ${format.toUpperCase()} image cannot be decoded: ${lastLine(message)}.`, cause);
  }
}

function fromPixels(source: ImageSource & { kind: 'pixels' }, maxPixels: number): DecodedImage {
  const { data, width, height, channels } = source;
  requireSize(width, height, maxPixels);
  if (data.length !== width * height * channels) {
    throw unreadable(
      `An image of ${width}×${height} with ${channels} channels has ${width * height * channels} bytes, not ${data.length}.`,
    );
  }
  const rest = {
    width,
    height,
    depth: 8,
    isGrey: channels === 1,
    format: 'pixels',
    ...NO_METADATA,
  } as const;
  return { ...planes(data, channels, 1), ...rest };
}

/**
 * libpng does not miss the end of a PNG, as libjpeg and libwebp do: texts behind the image could be lost. Nor does it know
 * the images of an animation besides the first.
 */
function requireWholePng(file: Buffer): void {
  for (const { kind, data } of pngChunks(file)) {
    if (kind === 'acTL' && data.length === 8 && data.readUInt32BE(0) > 1) throw animated('png');
    if (kind === 'IEND') return;
  }
  throw unreadable('The PNG image cannot be decoded: its end is missing, so it is cut off.');
}

const animated = (format: string): RemasterError =>
  new RemasterError('IMAGE_UNREADABLE', `The ${format.toUpperCase()} image is animated: only one image is expected.`, {
    remedy: 'Restore it as a video (an animated WebP must be converted first), or send one of its images.',
  });

/** By the first bytes, because file names and content types are unreliable. */
function formatOf(data: Uint8Array): 'jpeg' | 'png' | 'webp' {
  if (data.length === 0) throw unreadable('The image is empty (0 bytes).');
  const head = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, 12)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'webp';
  const what = /^[\x20-\x7e\s]*$/.test(head) ? `begins with the text ${JSON.stringify(head)}` : 'has another format';
  throw unreadable(`The data is not a JPEG, PNG or WebP image: it ${what}.`);
}

function requireSize(width: number, height: number, maxPixels: number): void {
  if (!(width >= 1 && height >= 1)) throw unreadable(`The image has an invalid size: ${width}×${height}.`);
  if (width * height <= maxPixels) return;
  const size = `${width}×${height} (${(Math.ceil((width * height) / 1e5) / 10).toFixed(1)} megapixels)`;
  throw tooLarge(
    `The image is ${size}; the limit is ${maxPixels / 1e6} megapixels.`,
    'Use a smaller image, or raise “Max. megapixels” (--max-megapixels on the command line).',
  );
}

/** Separates samples of 1, 2, 3 or 4 channels into three colour channels and alpha. */
function planes(
  samples: Uint8Array,
  channels: number,
  bytes: number,
): { readonly data: Uint8Array; readonly alpha: Uint8Array | null } {
  const colours = channels < 3 ? 1 : 3;
  if (channels === 3) return { data: new Uint8Array(samples), alpha: null };
  const pixels = samples.length / channels / bytes;
  const data = new Uint8Array(pixels * 3 * bytes);
  const alpha = channels === 2 || channels === 4 ? new Uint8Array(pixels * bytes) : null;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * channels * bytes;
    for (let b = 0; b < bytes; b++) {
      for (let c = 0; c < 3; c++) {
        data[(pixel * 3 + c) * bytes + b] = samples[from + (colours === 1 ? 0 : c) * bytes + b]!;
      }
      if (alpha) alpha[pixel * bytes + b] = samples[from + colours * bytes + b]!;
    }
  }
  const isOpaque = alpha?.every((byte) => byte === 255) ?? true;
  return { data, alpha: isOpaque ? null : alpha };
}

/** The profile, if its colour space is that of the output. */
function matchingProfile({ icc }: Metadata, isGrey: boolean): Uint8Array | null {
  if (!icc || icc.length < 128) return null;
  return icc.toString('latin1', 16, 20) === (isGrey ? 'GRAY' : 'RGB ') ? icc : null;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!.replace(/\.$/, '');

const unreadable = (message: string, cause?: unknown): RemasterError =>
  new RemasterError('IMAGE_UNREADABLE', message, {
    remedy: 'Send a complete JPEG, PNG or WebP image.',
    ...(cause === undefined ? {} : { cause }),
  });

export const tooLarge = (message: string, remedy: string): RemasterError =>
  new RemasterError('IMAGE_TOO_LARGE', message, { remedy });
