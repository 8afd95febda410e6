import { IMAGE_DEFAULTS, type ImageJob, type Job, JOB_DEFAULTS } from '../index';
import { usage, type Values } from './options';

/** The job that the options of `remaster restore` describe. */
export function restoreJob(input: string, output: string, values: Values): Job {
  const number = numberReader(values);
  const d = JOB_DEFAULTS;
  const [start, end] = [number('start', 0)!, number('end', null)];
  if (values.resume && values['no-resume']) throw usage('--resume and --no-resume exclude each other.');
  return {
    ...modelSettings(values),
    input,
    output,
    overwrite: values.overwrite ?? false,
    resume: !values['no-resume'],
    discard: values.discard ?? false,
    noise: (values.noise ?? d.noise) as Job['noise'],
    temporalDenoise: (values['temporal-denoise'] ?? d.temporalDenoise) as Job['temporalDenoise'],
    mask: values.mask ?? d.mask,
    maskColor: values['mask-color'] ?? d.maskColor,
    maskTolerance: number('mask-tolerance', null),
    maskGrow: number('mask-grow', null),
    tileCache:
      values['tile-cache'] === 'off' ? null : values['tile-cache'] === 'exact' ? 0 : number('tile-cache', d.tileCache),
    batch: number('batch', null),
    codec: (values.codec ?? d.codec) as Job['codec'],
    encoder: values.encoder ?? d.encoder,
    quality: number('quality', null),
    pixelFormat: (values['pixel-format'] ?? d.pixelFormat) as Job['pixelFormat'],
    segment: number('segment', d.segment)!,
    concurrency: d.concurrency,
    audio: (values.audio ?? d.audio) as Job['audio'],
    extras: !values['no-extras'],
    deinterlace: (values.deinterlace ?? d.deinterlace) as Job['deinterlace'],
    sequenceRate: number('sequence-rate', d.sequenceRate)!,
    maxFps: number('max-fps', null),
    maxHeight: number('max-height', null),
    hwaccel: (values.hwaccel ?? d.hwaccel) as Job['hwaccel'],
    trim: start === 0 && end === null ? null : { start, end },
  };
}

/** The settings that the options of `remaster image` describe. */
export function imageSettings(values: Values): Partial<ImageJob> {
  const number = numberReader(values);
  const megapixels = number('max-megapixels', IMAGE_DEFAULTS.maxPixels / 1e6)!;
  if (!(megapixels > 0)) throw usage('--max-megapixels must be greater than 0.');
  return {
    ...modelSettings(values),
    quality: number('quality', IMAGE_DEFAULTS.quality)!,
    maxPixels: Math.round(megapixels * 1e6),
  };
}

/** What `restore` and `image` have in common. */
function modelSettings(values: Values) {
  const number = numberReader(values);
  const d = JOB_DEFAULTS;
  return {
    model: values.model ?? d.model,
    provider: values.provider ?? d.provider,
    device: number('device', d.device)!,
    threads: number('threads', d.threads)!,
    steps: number('steps', null),
    order: number('order', null) as Job['order'],
    strength: number('strength', d.strength)!,
    seed: number('seed', d.seed)!,
    colorFix: (values['color-fix'] ?? d.colorFix) as Job['colorFix'],
    scale: number('scale', null),
    faces: (values.faces ?? d.faces) as Job['faces'],
    minFace: number('min-face', null),
    tile: number('tile', null),
    overlap: number('overlap', null),
  };
}

function numberReader(values: Values): (name: keyof Values, fallback: number | null) => number | null {
  return (name, fallback) => {
    const value = values[name];
    if (value === undefined || value === 'auto') return fallback;
    if (value === '' || !Number.isFinite(Number(value))) throw usage(`--${name} must be a number.`);
    return Number(value);
  };
}
