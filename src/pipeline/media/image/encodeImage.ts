import type { Sharp as Pipeline } from 'sharp';
import type { ImageJob, ImageResult } from '../../../settings/imageJob';
import type { DecodedImage } from './decodeImage';
import { withExif } from './exif';
import { withIccProfile } from './iccProfile';
import { loadSharp, type Sharp } from './loadSharp';

type Encoded = Pick<ImageResult, 'data' | 'format' | 'width' | 'height' | 'channels'>;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Stores an enlarged picture in the size `stored` and in the format asked for, with what `source` had besides light: its
 * opacity, enlarged by itself, its one channel, its profile, what its camera wrote. JPEG knows no opacity: there the picture lies on white.
 */
export async function encodeImage(
  enlarged: Pick<DecodedImage, 'width' | 'height' | 'data'>,
  source: DecodedImage,
  stored: Size,
  { format: wanted, quality }: Pick<ImageJob, 'format' | 'quality'>,
): Promise<Encoded> {
  const { depth, isGrey, profile, exif } = source;
  const format = wanted === 'auto' ? usual(source) : wanted;
  const isSixteen = depth === 16 && format === 'png'; // nothing else holds so much
  const light = await resized(enlarged.data, 3, enlarged, stored, depth);
  const alpha = source.alpha && (await resized(source.alpha, 1, source, stored, depth));
  const channels = ((isGrey ? 1 : 3) + (alpha ? 1 : 0)) as 1 | 2 | 3 | 4;
  const samples = typed(interleaved(light, alpha, isGrey, depth), depth);
  if (format === 'pixels' && depth === 8 && channels !== 2)
    return { data: samples as Uint8Array, format, ...stored, channels };

  const sharp = loadSharp();
  const whole = sharp(samples, { raw: { ...stored, channels }, limitInputPixels: false });
  const eight = isSixteen ? whole : whole.toColourspace(isGrey && format !== 'pixels' ? 'b-w' : 'srgb');
  const picture = isSixteen ? eight.toColourspace(isGrey ? 'grey16' : 'rgb16') : eight;
  const { data, info } = await as(picture, format, quality).toBuffer({ resolveWithObject: true });
  const made = { format, ...stored, channels: info.channels as 1 | 3 | 4 };
  if (format === 'pixels') return { data: new Uint8Array(data), ...made };
  const coloured = profile ? withIccProfile(data, format, profile) : data;
  return { data: new Uint8Array(exif ? withExif(coloured, format, exif, stored) : coloured), ...made };
}

const usual = ({ format, alpha }: DecodedImage): 'jpeg' | 'png' | 'webp' =>
  format === 'pixels' ? (alpha ? 'png' : 'jpeg') : format;

function as(picture: Pipeline, format: Encoded['format'], quality: number): Pipeline {
  switch (format) {
    case 'jpeg': // full colour: a picture that was just made larger must not lose half of it again
      return picture.flatten({ background: 'white' }).jpeg({ quality, chromaSubsampling: '4:4:4' });
    case 'png':
      return picture.png({ compressionLevel: 6 });
    case 'webp':
      return quality === 100 ? picture.webp({ lossless: true }) : picture.webp({ quality, alphaQuality: 100 });
    case 'pixels':
      return picture.raw({ depth: 'uchar' });
  }
}

/** Samples of `from` pixels as samples of `to` pixels. */
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
  return sharp(typed(samples, depth), { raw: { width, height, channels }, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel: 'cubic' })
    .toColourspace(space)
    .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
    .toBuffer();
}

/** One row of samples for each pixel: light, then opacity. Grey light is the luma of what the model made. */
function interleaved(light: Uint8Array, alpha: Uint8Array | null, isGrey: boolean, depth: 8 | 16): Uint8Array {
  if (!isGrey && !alpha) return light;
  const [from, opacity] = [typed(light, depth), alpha && typed(alpha, depth)];
  const pixels = from.length / 3;
  const channels = (isGrey ? 1 : 3) + (opacity ? 1 : 0);
  const to = depth === 16 ? new Uint16Array(pixels * channels) : new Uint8Array(pixels * channels);
  for (let pixel = 0, i = 0, o = 0; pixel < pixels; pixel++, i += 3) {
    const [r, g, b] = [from[i]!, from[i + 1]!, from[i + 2]!];
    if (isGrey) to[o++] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else {
      to[o++] = r;
      to[o++] = g;
      to[o++] = b;
    }
    if (opacity) to[o++] = opacity[pixel]!;
  }
  return new Uint8Array(to.buffer);
}

/** Bytes as samples; sharp tells 8 from 16 bits by the kind of array. */
function typed(bytes: Uint8Array, depth: 8 | 16): Uint8Array | Uint16Array {
  if (depth === 8) return bytes;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}
