import { isAbsolute, resolve } from 'node:path';
import { RemasterError } from '../errors';
import { containerOf } from './container';
import { parseEncoder } from './customEncoder';
import { type Job, PIXEL_FORMATS, type InputSettings, type ModelSettings } from './restoreJob';

/** Validates a job from a command line, a flow or a message. Paths become absolute. Throws BAD_SETTING. */
export function checkJob(job: Job): Job {
  text('output', job.output);
  const checked = checkInputSettings(job);
  const output = resolve(job.output);
  if (checked.input === output) throw invalidSetting('output', 'a different file from the input');
  if (checked.mask === output) throw invalidSetting('output', 'a different file from the mask');
  containerOf(job.output);
  checkCodec(job);
  choice('audio', job.audio, ['copy', 'encode', 'none']);
  whole('segment', job.segment, 1, 100_000);
  whole('concurrency', job.concurrency, 1, 16);
  return { ...checked, output };
}

/** Validates everything but the output. Paths become absolute. Throws BAD_SETTING. */
export function checkInputSettings<T extends InputSettings>(job: T): T {
  text('input', job.input);
  const checked = checkModelSettings(job);
  choice('deinterlace', job.deinterlace, ['auto', 'on', 'off']);
  choice('temporalDenoise', job.temporalDenoise, ['off', 'low', 'high']);
  choice('hwaccel', job.hwaccel, ['off', 'auto']);
  if (job.mask !== null) text('mask', job.mask);
  if (job.maskColor !== null && !/^#[0-9a-f]{6}$/i.test(job.maskColor))
    throw invalidSetting('mask colour', 'like #00ff00');
  if (job.maskTolerance !== null) range('mask tolerance', job.maskTolerance, 0, 1);
  if (job.maskGrow !== null) whole('mask grow', job.maskGrow, 0, 64);
  if (job.tileCache !== null) whole('tileCache', job.tileCache, 0, 255);
  if (job.batch !== null) whole('batch', job.batch, 1, 64);
  if (job.maxHeight !== null) whole('maxHeight', job.maxHeight, 16, 16384);
  range('sequenceRate', job.sequenceRate, 0.01, 1000);
  if (job.maxFps !== null) range('maxFps', job.maxFps, 0.01, 1000);
  if (job.trim) {
    const { start, end } = job.trim;
    if (!(start >= 0 && Number.isFinite(start))) throw invalidSetting('trim start', 'seconds, 0 or more');
    if (end !== null && !(end > start && Number.isFinite(end)))
      throw invalidSetting('trim end', 'seconds, more than the start');
  }
  return { ...checked, input: resolve(job.input), mask: job.mask === null ? null : resolve(job.mask) };
}

/** Validates the settings of the model. A relative path of a model becomes absolute. Throws BAD_SETTING. */
export function checkModelSettings<T extends ModelSettings>(job: T): T {
  text('model', job.model);
  choice('noise', job.noise, ['shared', 'independent', 'mixed']);
  choice('colorFix', job.colorFix, ['none', 'wavelet', 'adain', null]);
  choice('faces', job.faces, ['detect', 'aligned', null]);
  whole('seed', job.seed, 0, 2 ** 32 - 1);
  whole('threads', job.threads, 0, 1024);
  whole('device', job.device, 0, 255);
  if (job.steps !== null) whole('steps', job.steps, 1, 1000);
  if (job.tile !== null) whole('tile', job.tile, 16, 8192);
  if (job.overlap !== null) whole('overlap', job.overlap, 0, 4096);
  if (job.minFace !== null) whole('minFace', job.minFace, 8, 8192);
  if (job.order !== null) whole('order', job.order, 1, 3);
  if (job.scale !== null) range('scale', job.scale, 0.1, 16);
  range('strength', job.strength, 0, 1);
  const isRelative = /[\\/]/.test(job.model) && !isAbsolute(job.model);
  return { ...job, model: isRelative ? resolve(job.model) : job.model };
}

/** Validates the codec settings. Throws BAD_SETTING. */
export function checkCodec(job: Pick<Job, 'codec' | 'encoder' | 'quality' | 'pixelFormat'>): void {
  choice('codec', job.codec, ['h264', 'h265', 'av1', 'ffv1', 'prores', 'custom']);
  choice('pixelFormat', job.pixelFormat, [...PIXEL_FORMATS, null]);
  const isCustom = job.codec === 'custom';
  if (isCustom !== (job.encoder !== null)) throw invalidSetting('encoder', 'set with the codec custom, and only then');
  if (job.encoder !== null) parseEncoder(job.encoder);
  if (isCustom && job.quality !== null) throw invalidSetting('quality', 'set among the options of the custom encoder');
  if (job.quality !== null) whole('quality', job.quality, 0, 63);
}

const invalidSetting = (name: string, allowed: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The setting ${name} must be ${allowed}.`, {
    remedy: 'Correct it and start the job again.',
  });

export function text(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw invalidSetting(name, 'a path');
}

export function choice(name: string, value: string | null, allowed: readonly (string | null)[]): void {
  if (!allowed.includes(value))
    throw invalidSetting(name, `one of ${allowed.filter((one) => one !== null).join(', ')}`);
}

export function range(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw invalidSetting(name, `a number from ${low} to ${high}`);
}

export function whole(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw invalidSetting(name, `a whole number from ${low} to ${high}`);
}
