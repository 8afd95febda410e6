import { isRecord, badSetting, checkSettings, defaultsOf } from './checkRows';
import { parseAddress } from './cameraAddress';
import { INPUTS, SOURCE_ROWS, TARGETS } from './liveRows';
import type { CacheStats } from './restoreJob';
import type { Values } from './row';
import { LIVE_ROWS } from './table';
import { checkVariant, type Variant } from './variants';

/** Source of live frames. */
export type LiveInput = Variant<'kind', typeof INPUTS>;
export type LiveSource = { readonly input: LiveInput } & Values<typeof SOURCE_ROWS>;
/** Output of a live job, besides the JPEGs that can always be requested. */
export type LiveTarget = Variant<'kind', typeof TARGETS>;

/** Upscales the frames of a camera until it is stopped. Plain JSON; the only data structure that holds a camera's password. */
export type LiveJob = Values<typeof LIVE_ROWS> & { readonly source: LiveSource; readonly target: LiveTarget };

/** A region of the frame, as fractions of its width and height. */
export type LiveRegion = NonNullable<LiveJob['region']>;

export const SOURCE_DEFAULTS = defaultsOf(SOURCE_ROWS);
export const LIVE_DEFAULTS = defaultsOf(LIVE_ROWS);

/** Checks a live job. Paths become absolute; credentials in an address move to their own fields. Throws BAD_SETTING. */
export function checkLiveJob(given: unknown): LiveJob {
  if (!isRecord(given)) throw badSetting('options', 'an object', given);
  const { source, target, ...settings } = given;
  return { ...checkSettings(LIVE_ROWS, settings), source: checkSource(source), target: checkTarget(target) };
}

function checkSource(given: unknown): LiveSource {
  if (!isRecord(given)) throw badSetting('source', 'an object', given);
  const { input, ...settings } = given;
  const source = checkSettings(SOURCE_ROWS, settings, 'source.');
  if (source.retryMax < source.retryMin)
    throw badSetting('source.retryMax', 'seconds, at least retryMin', source.retryMax);
  return { ...source, input: checkInput(checkVariant('source.input', 'kind', INPUTS, input)) };
}

function checkInput(input: LiveInput): LiveInput {
  switch (input.kind) {
    case 'address':
      return { ...input, ...plainAddress(input) };
    case 'device':
      // oxlint-disable-next-line no-control-regex -- it searches for control characters
      if (input.device.trim() === '' || /[\u0000-\u001f"]/.test(input.device))
        throw badSetting('source.input.device', 'the name of a camera', input.device);
      if (input.size !== null) checkSize(input.size);
      return input;
    case 'pattern':
      checkSize(input.size);
      return input;
  }
}

function checkTarget(given: unknown): LiveTarget {
  const target = checkVariant('target', 'kind', TARGETS, given);
  if (target.kind === 'segments') checkName(target.name);
  if (target.kind !== 'push') return target;
  const plain = plainAddress(target);
  if (parseAddress(plain.address).scheme.startsWith('http'))
    throw badSetting('target.address', 'rtsp:, rtmp:, srt:, udp: or tcp:', plain.address);
  return { ...target, ...plain };
}

/** 255 bytes less the number of a second recorder and the time, which follow it: -99_2026-11-25_19-00-00+0000.mp4 */
const MAX_NAME_BYTES = 223;

function checkName(name: string): void {
  if (!/^[^\\/\p{Cc}%]+$/u.test(name) || name.startsWith('.') || Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw badSetting('target.name', `a file name of at most ${MAX_NAME_BYTES} bytes, without \\, / and %`, name);
}

/** Splits credentials from the address; those in the fields take precedence. */
function plainAddress(given: { address: string; username: string | null; password: string | null }) {
  const { address, username, password } = parseAddress(given.address);
  const isGiven = given.username !== null && given.username !== '';
  return isGiven ? { address, username: given.username, password: given.password } : { address, username, password };
}

function checkSize(value: string): void {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(value) ?? [];
  if (!(Number(width) >= 16 && Number(height) >= 16 && Number(width) <= 16_384 && Number(height) <= 16_384))
    throw badSetting('source.input.size', 'width x height in pixels, as in 1280x720', value);
}

/** State of the connection to the camera. */
export type CameraState =
  | { readonly is: 'connecting' }
  /** Its packets come, but none begins a whole frame yet: cameras send key frames up to 30 s apart. */
  | { readonly is: 'joining' }
  | { readonly is: 'running'; readonly width: number; readonly height: number; readonly fps: number | null }
  /** Reconnects in `seconds`. `message` is the reason, without credentials. */
  | {
      readonly is: 'waiting';
      readonly attempt: number;
      readonly seconds: number;
      readonly code: 'NO_SIGNAL' | 'AUTH_FAILED' | 'SOURCE_NOT_FOUND' | 'SOURCE_UNREADABLE';
      readonly message: string;
    };

/** Percentiles over the frames of the last ten seconds, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Counters since the start of the job; rates and latencies over the last ten seconds. */
export interface LiveProgress {
  readonly camera: CameraState;
  /** Frames received, processed and dropped (replaced by a newer frame, or too old). */
  readonly in: number;
  readonly out: number;
  readonly dropped: number;
  /** Frames processed per second; null before the second one, and in the first second. */
  readonly fps: number | null;
  readonly fpsIn: number | null;
  /** Dropped ÷ received frames, 0…1. */
  readonly dropShare: number;
  /** From the last byte of a frame to its result; null before the first. */
  readonly latency: Latency | null;
  /** Age of dropped frames; null when none was dropped. */
  readonly ageAtDrop: Latency | null;
  /** Current sampling steps and model; null before the first frame. */
  readonly steps: number | null;
  readonly model: string | null;
  /** Lines of the frames that the model gets: fewer than the camera sends, if the quality was lowered. Null before the first. */
  readonly modelHeight: number | null;
  /** 1 = every frame is processed, 2 = every second, … */
  readonly frameStep: number;
  /** Only the region goes through the model. */
  readonly isRegionOnly: boolean;
  /** Of the tile cache, since the size of the frames or tiles last changed; null when it is off. */
  readonly cacheStats: CacheStats | null;
  /** Size of the result in pixels; null before the first. */
  readonly width: number | null;
  readonly height: number | null;
  /** Of this job's target: frames written, frames skipped because it was too slow, and restarts after a failure. */
  readonly target: {
    readonly written: number;
    readonly skipped: number;
    readonly restarts: number;
    /** Name in ffmpeg: `libx264`, `h264_nvenc`; null before the first frame and without one. */
    readonly encoder: string | null;
  };
}

/** A JPEG of the latest result. */
export interface LiveJpeg {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Index among the received frames. */
  readonly index: number;
  /** Time at which the frame was received, in milliseconds since the epoch. */
  readonly time: number;
  /** Milliseconds from receiving the frame to this JPEG. */
  readonly latency: number;
}
