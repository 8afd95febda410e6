import { parseArgs } from 'node:util';
import { closest, RemasterError } from '../errors';
import { IMAGE_DEFAULTS, JOB_DEFAULTS } from '../index';

/** Commands in the order of the help. */
export const COMMANDS = {
  restore: { parameters: 'INPUT OUTPUT', text: 'restore or upscale a video; writes .mp4, .mov or .mkv' },
  image: { parameters: 'INPUT OUTPUT', text: 'restore or upscale an image; writes .jpg, .png or .webp' },
  probe: { parameters: 'FILE', text: 'show size, frame rate, duration and codec of a video' },
  models: { parameters: '', text: 'list the installed models' },
  doctor: { parameters: '', text: 'check ffmpeg, onnxruntime, models and permissions' },
  help: { parameters: '[COMMAND]', text: 'show this help, or the options of a command' },
} as const;

export type Command = keyof typeof COMMANDS;

interface Option {
  /** Heading in the help; null: shown with the commands. */
  readonly topic: string | null;
  /** Absent: a switch. */
  readonly value?: string;
  readonly short?: string;
  /** Commands that accept it. */
  readonly of: readonly Command[];
  readonly text: string;
  /** Where `remaster image` means something else. */
  readonly imageText?: string;
}

const RESTORE = ['restore'] as const;
const IMAGE = ['image'] as const;
const BOTH = ['restore', 'image'] as const;
const ALL = ['restore', 'image', 'probe', 'models', 'doctor', 'help'] as const;
const d = JOB_DEFAULTS;
const megapixels = IMAGE_DEFAULTS.maxPixels / 1e6;

// prettier-ignore
const OPTIONS = {
  model: { topic: 'Model', value: 'NAME|FOLDER', of: BOTH, text: `model to use, see \`remaster models\` (default ${d.model})` },
  steps: { topic: 'Model', value: 'N', of: BOTH, text: 'sampling steps per frame: more = more detail, slower (default: set by the model)' },
  order: { topic: 'Model', value: 'N', of: BOTH, text: 'solver order, DoSSR models only: 1, 2 or 3 (default: set by the model)' },
  strength: { topic: 'Model', value: 'S', of: BOTH, text: '1 = output of the model, 0 = plain resampling (default 1)' },
  noise: { topic: 'Model', value: 'MODE', of: RESTORE, text: `noise pattern per shot: shared, independent or mixed (default ${d.noise})` },
  seed: { topic: 'Model', value: 'N', of: BOTH, text: `random seed (default ${d.seed})` },
  'color-fix': { topic: 'Model', value: 'MODE', of: BOTH, text: 'match the colours of the source: none, wavelet or adain (default: set by the model)' },
  'temporal-denoise': { topic: 'Model', value: 'MODE', of: RESTORE, text: `denoise over neighbouring frames first: off, low or high (default ${d.temporalDenoise})` },
  scale: { topic: 'Model', value: 'S', of: BOTH, text: 'output size / input size, at most the scale of the model (default: that scale)' },
  faces: { topic: 'Faces (face models only)', value: 'MODE', of: BOTH, text: 'detect: find faces; aligned: each frame is one aligned face (default detect)' },
  'min-face': { topic: 'Faces (face models only)', value: 'N', of: BOTH, text: 'smallest face to restore, in source pixels (default 32)' },
  mask: { topic: 'Inpainting (inpaint models only)', value: 'FILE', of: RESTORE, text: 'mask image or video: white areas are filled' },
  'mask-color': { topic: 'Inpainting (inpaint models only)', value: '#RRGGBB', of: RESTORE, text: 'fill areas of this colour' },
  'mask-tolerance': { topic: 'Inpainting (inpaint models only)', value: 'T', of: RESTORE, text: 'tolerance of --mask-color, 0 to 1 (default 0.1)' },
  'mask-grow': { topic: 'Inpainting (inpaint models only)', value: 'N', of: RESTORE, text: 'expand the mask by N pixels (default 2 with --mask-color, else 0)' },
  start: { topic: 'Input', value: 'S', of: RESTORE, text: 'start at this time, in seconds' },
  end: { topic: 'Input', value: 'S', of: RESTORE, text: 'end at this time, in seconds' },
  deinterlace: { topic: 'Input', value: 'MODE', of: RESTORE, text: `auto, on or off (default ${d.deinterlace})` },
  'sequence-rate': { topic: 'Input', value: 'N', of: RESTORE, text: `frame rate if INPUT is a folder of images or MJPEG (default ${d.sequenceRate})` },
  'max-fps': { topic: 'Input', value: 'N', of: RESTORE, text: 'drop frames evenly above this frame rate' },
  'max-height': { topic: 'Input', value: 'N', of: RESTORE, text: 'downscale the source to this height first' },
  'max-megapixels': { topic: 'Input', value: 'N', of: IMAGE, text: `refuse larger images (default ${megapixels})` },
  hwaccel: { topic: 'Input', value: 'MODE', of: RESTORE, text: `off, or auto: decode on the GPU if ffmpeg can (default ${d.hwaccel})` },
  codec: { topic: 'Output', value: 'NAME', of: RESTORE, text: `h264, h265, av1, ffv1, prores or custom (default ${d.codec})` },
  encoder: { topic: 'Output', value: '"NAME …"', of: RESTORE, text: 'ffmpeg encoder and options for --codec custom: "h264_nvenc -preset p7 -cq 18"' },
  quality: { topic: 'Output', value: 'N', of: BOTH, text: 'constant quality (CRF), lower = better (default: depends on the codec)', imageText: `JPEG and WebP: 1 to 100, higher = better (default ${IMAGE_DEFAULTS.quality}); 100 = lossless WebP` },
  'pixel-format': { topic: 'Output', value: 'NAME', of: RESTORE, text: 'yuv420p, yuv422p, yuv444p, these with 10le, gbrp, gbrp10le (default: depends on the codec)' },
  audio: { topic: 'Output', value: 'MODE', of: RESTORE, text: `copy, encode or none (default ${d.audio})` },
  'no-extras': { topic: 'Output', of: RESTORE, text: 'omit subtitles, chapters, attachments and metadata' },
  overwrite: { topic: 'Output', of: BOTH, text: 'replace an existing output file' },
  resume: { topic: 'Resume', of: RESTORE, text: 'keep finished segments if interrupted; the same command continues (default)' },
  'no-resume': { topic: 'Resume', of: RESTORE, text: 'do not keep finished segments' },
  discard: { topic: 'Resume', of: RESTORE, text: 'delete the finished segments of an interrupted job of OUTPUT and start from the beginning' },
  segment: { topic: 'Resume', value: 'N', of: RESTORE, text: `segment length in frames: work lost on a power failure (default ${d.segment})` },
  provider: { topic: 'Speed', value: 'NAME', of: BOTH, text: `auto, cpu, cuda, tensorrt, webgpu, coreml or dml (default ${d.provider})` },
  device: { topic: 'Speed', value: 'N', of: BOTH, text: 'GPU number (default 0)' },
  threads: { topic: 'Speed', value: 'N', of: BOTH, text: 'inference threads, 0 = one per core (default 0)' },
  batch: { topic: 'Speed', value: 'N|auto', of: RESTORE, text: 'tiles per inference call (default auto: measured)' },
  tile: { topic: 'Speed', value: 'N|auto', of: BOTH, text: 'longest tile side in source pixels (default auto)' },
  overlap: { topic: 'Speed', value: 'N|auto', of: BOTH, text: 'overlap of tiles in source pixels (default auto: set by the model)' },
  'tile-cache': { topic: 'Speed', value: 'exact|N|off', of: RESTORE, text: 'skip areas that did not change (exact) or changed by at most N of 255 (default exact)' },
  json: { topic: 'General', of: ALL, text: 'print JSON, one object per line' },
  help: { topic: 'General', short: 'h', of: ALL, text: 'show help' },
  version: { topic: 'General', short: 'v', of: ALL, text: 'show the version' },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
export type Values = { [K in OptionName]?: (typeof OPTIONS)[K] extends { value: string } ? string : boolean };

export const options: readonly (readonly [OptionName, Option])[] = Object.entries(OPTIONS) as [OptionName, Option][];

export function parseCommandLine(args: readonly string[]): { values: Values; positionals: string[] } {
  const types = options.map(([name, { value, short }]) => [
    name,
    { type: value === undefined ? 'boolean' : 'string', ...(short && { short }) } as const,
  ]);
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(types), allowPositionals: true, strict: true });
  } catch (cause) {
    throw parseError(cause as NodeJS.ErrnoException);
  }
}

/** Refuses options that the command does not use. */
export function requireOptionsOf(command: Command, values: Values): void {
  const other = options.find(([name, { of }]) => name in values && !of.includes(command));
  if (other) throw usage(`--${other[0]} does not apply to \`remaster ${command}\`.`, `See remaster help ${command}.`);
}

function parseError({ code, message }: NodeJS.ErrnoException): RemasterError {
  const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'--?([^']+)'/.exec(message)?.[1] : undefined;
  if (unknown === undefined) return usage(message);
  const near = closest(unknown, Object.keys(OPTIONS));
  return usage(
    `Unknown option ${unknown.length > 1 ? '--' : '-'}${unknown}.`,
    near === null ? undefined : `Did you mean --${near}?`,
  );
}

export const usage = (message: string, remedy = 'See remaster help.'): RemasterError =>
  new RemasterError('BAD_SETTING', message, { remedy });

export const usageOf = (command: Command): string =>
  `Usage: remaster ${[command, COMMANDS[command].parameters].filter((part) => part !== '').join(' ')} [options]`;
