import { isAbsolute, resolve } from 'node:path';
import { RemasterError } from '../errors';
import { parseAddress } from './cameraAddress';
import type { LiveInput, LiveJob, LiveTarget } from './liveJob';

/** Validates a live job. Paths become absolute; credentials in an address move to their own fields. Throws BAD_SETTING. */
export function checkLive(job: LiveJob): LiveJob {
  const { source } = job;
  range('latency limit', job.budgetMs, 50, 60_000, 'milliseconds');
  range('minimum reconnect delay', source.retryMin, 0.1, 3600, 'seconds');
  range('maximum reconnect delay', source.retryMax, source.retryMin, 3600, 'seconds, at least the minimum delay');
  range('stall timeout', source.stall, 1, 600, 'seconds');
  if (job.maxFps !== null) range('maxFps', job.maxFps, 0.01, 1000, 'frames per second');
  if (job.maxHeight !== null) range('maxHeight', job.maxHeight, 16, 16_384, 'pixels');
  if (job.quality !== null) range('quality', job.quality, 0, 51, 'CRF');
  if (job.fallbackModel !== null && job.fallbackModel.trim() === '')
    throw invalidSetting('fallback model', 'the name of a model, or its folder');
  if (job.region !== null) checkRegion(job.region);
  return {
    ...job,
    model: bundle(job.model),
    fallbackModel: job.fallbackModel === null ? null : bundle(job.fallbackModel),
    source: { ...source, input: checkInput(source.input) },
    target: checkTarget(job.target),
  };
}

/** Makes the path of a bundle absolute; a name is unchanged. */
const bundle = (model: string): string => (/[\\/]/.test(model) && !isAbsolute(model) ? resolve(model) : model);

function checkRegion({ left, top, width, height }: NonNullable<LiveJob['region']>): void {
  const isInside = (start: number, length: number): boolean => start >= 0 && length > 0 && start + length <= 1 + 1e-9;
  if (!isInside(left, width) || !isInside(top, height))
    throw invalidSetting('region', 'inside the frame: left, top, width and height as fractions of its sides');
}

function checkInput(input: LiveInput): LiveInput {
  switch (input.kind) {
    case 'address':
      return { ...input, ...plainAddress(input) };
    case 'device':
      // oxlint-disable-next-line no-control-regex -- it searches for control characters
      if (input.device.trim() === '' || /[\u0000-\u001f"]/.test(input.device))
        throw invalidSetting('device', 'the name of a camera');
      if (input.size !== null) size(input.size);
      if (input.rate !== null) range('rate', input.rate, 0.1, 1000, 'frames per second');
      return input;
    case 'pattern':
      size(input.size);
      range('rate', input.rate, 0.1, 240, 'frames per second');
      return input;
  }
}

function checkTarget(target: LiveTarget): LiveTarget {
  switch (target.kind) {
    case 'pictures':
    case 'fragments':
      return target;
    case 'hls':
      return { ...target, folder: folderOf(target.folder) };
    case 'segments':
      if (!/^[^\\/\p{Cc}%]{1,120}$/u.test(target.name) || target.name.startsWith('.'))
        throw invalidSetting('name', 'a file name');
      // 255 bytes less the time, which follows it: _2026-11-25_19-00-00+0000.mp4
      if (Buffer.byteLength(target.name) > 226) throw invalidSetting('name', 'a file name of at most 226 bytes');
      range('recording length', target.seconds, 2, 86_400, 'seconds');
      return { ...target, folder: folderOf(target.folder) };
    case 'push': {
      const plain = plainAddress(target);
      const { scheme } = parseAddress(plain.address);
      if (scheme === 'http' || scheme === 'https')
        throw invalidSetting('address of the server', 'rtsp:, rtmp:, srt:, udp: or tcp:');
      return { ...target, ...plain };
    }
  }
}

/** Splits credentials from the address; those in the fields take precedence. */
function plainAddress(given: { address: string; username: string | null; password: string | null }) {
  const { address, username, password } = parseAddress(given.address);
  const isGiven = given.username !== null && given.username !== '';
  return isGiven ? { address, username: given.username, password: given.password } : { address, username, password };
}

function folderOf(folder: string): string {
  if (folder === '' || folder.includes('\0')) throw invalidSetting('folder', 'a path');
  return resolve(folder);
}

function size(value: string): void {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(value) ?? [];
  if (!(Number(width) >= 16 && Number(height) >= 16 && Number(width) <= 16_384 && Number(height) <= 16_384))
    throw invalidSetting('size', 'width x height in pixels, as in 1280x720');
}

function range(name: string, value: number, low: number, high: number, unit: string): void {
  if (!(value >= low && value <= high)) throw invalidSetting(name, `a number from ${low} to ${high} (${unit})`);
}

const invalidSetting = (name: string, allowed: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The setting ${name} must be ${allowed}.`, {
    remedy: 'Correct it and deploy again.',
  });
