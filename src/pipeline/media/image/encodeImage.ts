import type { Sharp as Pipeline } from 'sharp';
import type { ImageJob, ImageResult } from '../../../settings/imageJob';
import type { DecodedImage } from './decodeImage';
import { withDensity } from './density';
import { exifOfDensity, withExif } from './exif';
import { withIccProfile } from './iccProfile';
import { loadSharp, type Sharp } from './loadSharp';
import { withTexts } from './texts';
import { withXmp } from './xmp';

type Encoded = Pick<ImageResult, 'data' | 'format' | 'width' | 'height' | 'channels'>;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Encodes an upscaled image in the size `stored` and the requested format, with the alpha channel (resized separately),
 * the number of channels, the ICC profile and the metadata of `source`. JPEG has no alpha: the image is flattened onto
 * white.
 */
export async function encodeImage(
  upscaled: Pick<DecodedImage, 'width' | 'height' | 'data'>,
  source: DecodedImage,
  stored: Size,
  { format: wanted, quality }: Pick<ImageJob, 'format' | 'quality'>,
): Promise<Encoded> {
  const { depth, isGrey } = source;
  const format = wanted === 'auto' ? sourceFormat(source) : wanted;
  const is16Bit = depth === 16 && format === 'png'; // no other format stores 16 bits
  const colours = await resized(upscaled.data, 3, upscaled, stored, depth);
  const alpha = source.alpha && (await resized(source.alpha, 1, source, stored, depth));
  const channels = ((isGrey ? 1 : 3) + (alpha ? 1 : 0)) as 1 | 2 | 3 | 4;
  const samples = samplesOf(interleaved(colours, alpha, isGrey, depth), depth);
  if (format === 'pixels' && depth === 8 && channels !== 2)
    return { data: samples as Uint8Array, format, ...stored, channels };

  const sharp = loadSharp();
  const whole = sharp(samples, { raw: { ...stored, channels }, limitInputPixels: false });
  const eight = is16Bit ? whole : whole.toColourspace(isGrey && format !== 'pixels' ? 'b-w' : 'srgb');
  const image = is16Bit ? eight.toColourspace(isGrey ? 'grey16' : 'rgb16') : eight;
  const { data, info } = await as(image, format, quality).toBuffer({ resolveWithObject: true });
  const rest = { format, ...stored, channels: info.channels as 1 | 3 | 4 };
  if (format === 'pixels') return { data: new Uint8Array(data), ...rest };
  return { data: new Uint8Array(withMetadata(data, format, source, stored)), ...rest };
}

/** The resolution grows with the image, which keeps its size on paper. */
function withMetadata(data: Buffer, format: 'jpeg' | 'png' | 'webp', source: DecodedImage, stored: Size): Buffer {
  const { profile, exif, xmp, texts, density } = source;
  const change = { ...stored, scale: stored.width / source.width };
  const dpi = density === null ? null : density * change.scale;
  let file = data;
  if (dpi !== null) file = withDensity(file, format, dpi);
  file = withTexts(file, format, texts);
  if (xmp && format !== 'webp') file = withXmp(file, format, xmp, change);
  if (profile) file = withIccProfile(file, format, profile);
  if (exif) file = withExif(file, format, exif, change);
  else if (dpi !== null && format === 'webp')
    file = withExif(file, format, exifOfDensity(dpi), { ...change, scale: 1 });
  return xmp && format === 'webp' ? withXmp(file, format, xmp, change) : file; // the last chunk of a WebP
}

const sourceFormat = ({ format, alpha }: DecodedImage): 'jpeg' | 'png' | 'webp' =>
  format === 'pixels' ? (alpha ? 'png' : 'jpeg') : format;

function as(image: Pipeline, format: Encoded['format'], quality: number): Pipeline {
  switch (format) {
    case 'jpeg': // 4:4:4: chroma that was just upscaled must not be subsampled again
      return image.flatten({ background: 'white' }).jpeg({ quality, chromaSubsampling: '4:4:4' });
    case 'png':
      return image.png({ compressionLevel: 6 });
    case 'webp':
      return quality === 100 ? image.webp({ lossless: true }) : image.webp({ quality, alphaQuality: 100 });
    case 'pixels':
      return image.raw({ depth: 'uchar' });
  }
}

/** Resizes samples to the size `to`. */
async function resized(
  samples: Uint8Array,
  channels: 1 | 3,
  { width, height }: Size,
  to: Size,
  depth: 8 | 16,
): Promise<Uint8Array> {
  if (width === to.width && height === to.height) return samples;
  const sharp: Sharp = loadSharp();
  const space = { 1: { 8: 'b-w', 16: 'grey16' }, 3: { 8: 'srgb', 16: 'rgb16' } }[channels][depth];
  return sharp(samplesOf(samples, depth), { raw: { width, height, channels }, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel: 'cubic' })
    .toColourspace(space)
    .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
    .toBuffer();
}

/** Interleaves colour and alpha. Grey is the luma of the model's output. */
function interleaved(colours: Uint8Array, alpha: Uint8Array | null, isGrey: boolean, depth: 8 | 16): Uint8Array {
  if (!isGrey && !alpha) return colours;
  const [from, alphaSamples] = [samplesOf(colours, depth), alpha && samplesOf(alpha, depth)];
  const pixels = from.length / 3;
  const channels = (isGrey ? 1 : 3) + (alphaSamples ? 1 : 0);
  const to = depth === 16 ? new Uint16Array(pixels * channels) : new Uint8Array(pixels * channels);
  for (let pixel = 0, i = 0, o = 0; pixel < pixels; pixel++, i += 3) {
    const [r, g, b] = [from[i]!, from[i + 1]!, from[i + 2]!];
    if (isGrey) to[o++] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else {
      to[o++] = r;
      to[o++] = g;
      to[o++] = b;
    }
    if (alphaSamples) to[o++] = alphaSamples[pixel]!;
  }
  return new Uint8Array(to.buffer);
}

/** Bytes as samples; sharp distinguishes 8 and 16 bits by the type of the array. */
function samplesOf(bytes: Uint8Array, depth: 8 | 16): Uint8Array | Uint16Array {
  if (depth === 8) return bytes;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}
