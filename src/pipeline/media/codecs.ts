import { RemasterError } from '../../errors';
import { type Container, containerOf } from '../../settings/container';
import { parseEncoder } from '../../settings/customEncoder';
import { isImageCodec } from '../../settings/imageOutput';
import type { CodecName, Job, PixelFormat } from '../../settings/restoreJob';
import { PIXEL_FORMATS } from '../../settings/videoRows';
import type { PixelFormat as DescribedFormat } from './describe/pixelFormat';
import type { FfmpegBinary } from './findFfmpeg';

interface Preset {
  /** Encoders of ffmpeg for this codec, best first. */
  readonly encoders: readonly string[];
  readonly containers: readonly Container[];
  /** Longest side in pixels that the encoder supports. */
  readonly longest: number;
  /** Default pixel format by the depth of the frames. */
  readonly pixels: { readonly 8: PixelFormat; readonly 16: PixelFormat };
  /** By default the subsampling is that of the source, where the codec has it. Absent: that of `pixels`. */
  readonly keepsChroma?: boolean;
  /** Other supported pixel formats. */
  readonly others: readonly PixelFormat[];
  /** Default constant quality; null: the codec has no quality setting. */
  readonly quality: number | null;
  readonly options: (encoder: string, quality: number, size: Size, isQuick: boolean) => readonly string[];
}

const PRESETS: Readonly<Record<Exclude<CodecName, 'custom' | 'png' | 'tiff'>, Preset>> = {
  h264: {
    encoders: ['libx264'],
    containers: ['mp4', 'mov', 'mkv'],
    longest: 16384,
    pixels: { 8: 'yuv420p', 16: 'yuv420p10le' },
    others: ['yuv422p', 'yuv444p', 'yuv422p10le', 'yuv444p10le'],
    quality: 16,
    // A quick model must not wait for its encoder, and a slow one does not notice it: see docs/decisions.md#88.
    options: (_, quality, __, isQuick) => ['-crf', String(quality), '-preset', isQuick ? 'veryfast' : 'fast'],
  },
  h265: {
    encoders: ['libx265'],
    containers: ['mp4', 'mov', 'mkv'],
    longest: 8192,
    pixels: { 8: 'yuv420p', 16: 'yuv420p10le' },
    others: ['yuv422p', 'yuv444p', 'yuv422p10le', 'yuv444p10le'],
    quality: 18,
    options: (_, quality) => ['-crf', String(quality), '-preset', 'medium'],
  },
  av1: {
    encoders: ['libsvtav1', 'libaom-av1'],
    containers: ['mp4', 'mkv'],
    longest: 16384,
    pixels: { 8: 'yuv420p', 16: 'yuv420p10le' },
    others: [], // SVT-AV1 supports no others
    quality: 24,
    options: (encoder, quality) =>
      encoder === 'libsvtav1'
        ? ['-crf', String(quality), '-preset', '8']
        : ['-crf', String(quality), '-b:v', '0', '-cpu-used', '6', '-row-mt', '1', '-strict', '-2'],
  },
  ffv1: {
    encoders: ['ffv1'],
    containers: ['mkv'],
    longest: 32767,
    pixels: { 8: 'yuv444p', 16: 'yuv444p10le' },
    keepsChroma: true,
    others: ['yuv420p', 'yuv422p', 'yuv420p10le', 'yuv422p10le', 'gbrp', 'gbrp10le'],
    quality: null,
    options: (_, __, size) => ['-level', '3', '-g', '1', '-slices', slices(size), '-slicecrc', '1', '-context', '1'],
  },
  prores: {
    encoders: ['prores_ks'],
    containers: ['mov', 'mkv'],
    longest: 16384,
    pixels: { 8: 'yuv422p10le', 16: 'yuv422p10le' },
    others: [], // profile 422 HQ
    quality: null,
    options: () => ['-profile:v', '3', '-vendor', 'apl0'],
  },
};

/** The encoder, pixel format and container of one output. */
export interface Codec {
  readonly name: CodecName;
  readonly encoder: string;
  readonly container: Container;
  readonly pixelFormat: string;
  readonly options: readonly string[];
  /** Options before the input: the device of hardware. */
  readonly device: readonly string[];
  /** Filters after all others: what hardware needs. */
  readonly filters: readonly string[];
}

/** A custom encoder as a preset. Its limits are not checked here; ffmpeg reports an error for unsupported input. */
function customPreset(text: string): Preset {
  const { encoder, options } = parseEncoder(text);
  return {
    encoders: [encoder],
    containers: ['mp4', 'mov', 'mkv'],
    longest: 32767,
    pixels: { 8: 'yuv420p', 16: 'yuv420p10le' },
    others: PIXEL_FORMATS,
    quality: null,
    options: () => options,
  };
}

/** The frames to encode. */
export interface CodecTarget extends Size {
  readonly output: string;
  readonly depth: 8 | 16;
  /** Of the source. */
  readonly chroma: Chroma;
  /** Whether the frames come so fast that the encoder would take a large part of the time. Default false. */
  readonly isQuick?: boolean;
}

/** The constant quality of a codec with a preset: that of the settings, or its default. */
export const qualityOf = ({ codec, quality }: Pick<Job, 'codec' | 'quality'>): number =>
  quality ?? (codec === 'custom' || isImageCodec(codec) ? 0 : (PRESETS[codec].quality ?? 0));

/**
 * Chooses a software encoder, container and pixel format. Errors: BAD_SETTING or FRAME_TOO_LARGE for an unsupported combination.
 */
export function resolveCodec(
  binary: FfmpegBinary,
  {
    codec: name,
    encoder: custom,
    quality,
    pixelFormat: wanted,
  }: Pick<Job, 'codec' | 'encoder' | 'quality' | 'pixelFormat'>,
  target: CodecTarget,
): Codec {
  if (isImageCodec(name)) return imageCodec(binary, name, wanted, target);
  const container = containerOf(target.output);
  const preset = name === 'custom' ? customPreset(custom ?? '') : PRESETS[name];
  if (!preset.containers.includes(container)) {
    const extensions = preset.containers.map((c) => `.${c}`).join(' or ');
    throw new RemasterError('BAD_SETTING', `${name} is not supported in .${container}.`, {
      remedy: `Use ${extensions} for the output, or choose another codec.`,
    });
  }
  const encoder = preset.encoders.find((each) => binary.encoders.has(each) && fits(each, target));
  if (!encoder) {
    throw new RemasterError(
      'BAD_SETTING',
      `${binary.path} (${binary.version}) cannot encode ${name === 'custom' ? preset.encoders[0] : name} at ${target.width}×${target.height}.`,
      {
        remedy: `Install an ffmpeg with ${preset.encoders.join(' or ')}, or choose another codec.`,
      },
    );
  }
  const longest = Math.max(target.width, target.height);
  if (longest > preset.longest) {
    throw new RemasterError(
      'FRAME_TOO_LARGE',
      `The output would be ${target.width}×${target.height}; ${name} supports at most ${preset.longest} pixels per side.`,
      {
        remedy: 'Use a model with a smaller scale, a smaller source, or codec ffv1.',
      },
    );
  }
  return {
    name,
    encoder,
    container,
    pixelFormat:
      wanted === null ? defaultPixelFormat(preset, target) : checkedPixelFormat(name, preset, wanted, target),
    options: [
      '-c:v',
      encoder,
      ...preset.options(encoder, quality ?? preset.quality ?? 0, target, target.isQuick === true),
    ],
    device: [],
    filters: [],
  };
}

/** Longest side of an image that ffmpeg encodes. */
const LONGEST_IMAGE = 32_767;

/** Segments are PNG, also for TIFF, which NUT cannot hold; they have no container in the end. */
function imageCodec(
  binary: FfmpegBinary,
  name: 'png' | 'tiff',
  wanted: PixelFormat | null,
  { width, height, depth }: Size & { readonly depth: 8 | 16 },
): Codec {
  if (wanted !== null)
    throw new RemasterError('BAD_SETTING', `${name} does not support the pixel format ${wanted}.`, {
      remedy: 'Omit it: images are R′G′B′ with 8 bits, or 16 where the source has more.',
    });
  const missing = ['png', name].find((encoder) => !binary.encoders.has(encoder));
  if (missing !== undefined)
    throw new RemasterError('BAD_SETTING', `${binary.path} (${binary.version}) cannot encode ${missing}.`, {
      remedy: `Install an ffmpeg with ${missing}, or choose another codec.`,
    });
  if (Math.max(width, height) > LONGEST_IMAGE)
    throw new RemasterError('FRAME_TOO_LARGE', `The images would be ${width}×${height}.`, {
      remedy: 'Use a model with a smaller scale, or a smaller source.',
    });
  const pixelFormat = depth === 8 ? 'rgb24' : 'rgb48be';
  const options = ['-c:v', 'png', '-compression_level', '6'];
  return { name, encoder: name, container: 'mkv', pixelFormat, options, device: [], filters: [] };
}

/**
 * Slices of an FFV1 frame, each with its own checksum: as archives have them, 16 in standard definition and 24 above, and
 * more where ffmpeg would refuse so large a slice (16 bit and 4 planes at most).
 */
function slices({ width, height }: Size): string {
  const needed = Math.max(width * height > 768 * 576 ? 24 : 16, (width * height * 17 * 4 * 1.1) / 2 ** 27);
  return String([16, 24, 36, 49, 64, 100, 120].find((count) => count >= needed) ?? 120);
}

/** SVT-AV1 encodes no smaller frames than 64 × 64. */
const fits = (encoder: string, { width, height }: Size): boolean =>
  encoder !== 'libsvtav1' || Math.min(width, height) >= 64;

interface Size {
  readonly width: number;
  readonly height: number;
}

function checkedPixelFormat(
  codec: CodecName,
  { pixels, others }: Preset,
  wanted: PixelFormat,
  { width, height }: Size,
): string {
  const known = [...new Set([pixels[8], pixels[16], ...others])];
  if (!known.includes(wanted)) {
    throw new RemasterError('BAD_SETTING', `${codec} does not support the pixel format ${wanted}.`, {
      remedy: `Choose ${known.join(', ')}, or omit the pixel format.`,
    });
  }
  const odd = (/42[02]/.test(wanted) && width % 2 === 1) || (/420/.test(wanted) && height % 2 === 1);
  if (odd) {
    throw new RemasterError('BAD_SETTING', `The output is ${width}×${height}; ${wanted} requires even sides.`, {
      remedy: 'Choose a pixel format with 444, or omit it.',
    });
  }
  return wanted === 'gbrp' && codec === 'ffv1' ? 'bgr0' : wanted; // FFV1's 8-bit R′G′B′
}

/** Subsampled chroma needs even sides; frames with odd sides use 4:4:4 instead of losing a row. */
function defaultPixelFormat(
  { pixels, keepsChroma = false }: Preset,
  { width, height, depth, chroma }: Size & { readonly depth: 8 | 16; readonly chroma: Chroma },
): string {
  const usual = pixels[depth];
  if (chroma === 'rgb' && usual === 'yuv444p') return 'bgr0';
  if (chroma === 'rgb' && usual === 'yuv444p10le') return 'gbrp10le';
  const isOdd = width % 2 === 1 || height % 2 === 1;
  if (isOdd) return usual.replace(/42[02]/, '444');
  return keepsChroma ? usual.replace('444', SUBSAMPLING[chroma]) : usual;
}

type Chroma = DescribedFormat['chroma'];

/** Of the formats that there are, the coarsest that loses no colour; grey has none. */
const SUBSAMPLING: Readonly<Record<Chroma, '420' | '422' | '444'>> = {
  ...{ gray: '420', '4:2:0': '420', '4:1:0': '420' },
  ...{ '4:2:2': '422', '4:1:1': '422', '4:4:4': '444', '4:4:0': '444', rgb: '444' },
};
