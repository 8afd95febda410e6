import { badSetting, checkSettings, defaultsOf } from './checkRows';
import { parseCrop } from './crop';
import { containerOf } from './container';
import { parseEncoder } from './customEncoder';
import { isImageCodec, withImages } from './imageOutput';
import type { ChosenModel } from './chooseModel';
import type { JobEstimate } from './estimate';
import { isHardwareCodec } from './hardware';
import { queueAddress } from './queueAddress';
import { CHOICE_ROWS, type MODEL_ROWS } from './modelRows';
import type { Values } from './row';
import { INPUT_ROWS, OUTPUT_ROWS, type PIXEL_FORMATS, RESTORE_ROWS } from './videoRows';

/** A model and where it runs. Jobs with equal values share one loaded model. */
export type ModelChoice = Values<typeof CHOICE_ROWS>;
/** The model of settings that have more. */
export const modelChoice = (settings: ModelChoice): ModelChoice =>
  Object.fromEntries(
    Object.keys(CHOICE_ROWS).map((name) => [name, settings[name as keyof ModelChoice]]),
  ) as ModelChoice;

/** Settings of the model, the same for frames and images. */
export type ModelSettings = Values<typeof MODEL_ROWS>;
/** The settings that decide which pixels of a file become frames, and how many. */
export type ReadingSettings = Pick<Job, (typeof READING)[number]>;
const READING = ['deinterlace', 'fieldOrder', 'crop', 'aspect', 'maxHeight', 'trim'] as const;
/** Those of settings that have more. */
export const readingSettings = (settings: ReadingSettings): ReadingSettings =>
  Object.fromEntries(READING.map((name) => [name, settings[name]])) as ReadingSettings;

/** Settings of reading and processing a video, without those of the output. */
export type InputSettings = Values<typeof INPUT_ROWS>;
export type OutputSettings = Values<typeof OUTPUT_ROWS>;
/** Restores a video file. Plain JSON: it is sent to the engine process and stored in the journal. */
export type Job = Values<typeof RESTORE_ROWS>;

export type NoiseMode = Job['noise'];
export type CodecName = Job['codec'];
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

export const JOB_DEFAULTS = defaultsOf(RESTORE_ROWS);
export const INPUT_DEFAULTS = defaultsOf(INPUT_ROWS);

/** Checks a job from a command line, a flow or a message. Paths become absolute. Throws BAD_SETTING. */
export function checkJob(given: unknown): Job {
  const job = withImages(withoutEmptyTrim(checkSettings(RESTORE_ROWS, given)));
  checkReading(job);
  if (job.input === job.output) throw badSetting('output', 'a different file from the input', job.output);
  if (job.mask === job.output) throw badSetting('output', 'a different file from the mask', job.output);
  checkOutput(job);
  if (job.queue !== null) queueAddress(job.queue);
  if (job.queue !== null && /[\\/]/.test(job.model))
    throw badSetting('model', 'the name of a model that is installed on all machines', job.model);
  if (job.mixed && job.queue === null) throw badSetting('mixed', 'set with a queue only', job.mixed);
  return job;
}

/** A part from the start to the end is the whole video. */
export const withoutEmptyTrim = <T extends Pick<Job, 'trim'>>(job: T): T =>
  job.trim?.start === 0 && job.trim.end === null ? { ...job, trim: null } : job;

/** What the settings of reading say together. Throws BAD_SETTING. */
export function checkReading({
  crop,
  deinterlace,
  fieldOrder,
}: Pick<Job, 'crop' | 'deinterlace' | 'fieldOrder'>): void {
  if (crop !== null) parseCrop(crop);
  if (fieldOrder === 'progressive' && deinterlace !== 'auto' && deinterlace !== 'off')
    throw badSetting('deinterlace', 'auto or off with the field order progressive', deinterlace);
}

/** What the settings of an output say together. Throws BAD_SETTING. */
export function checkOutput({ output, codec, encoder, quality, hardware }: OutputSettings): void {
  if (!isImageCodec(codec)) containerOf(output);
  const isCustom = codec === 'custom';
  if (isCustom !== (encoder !== null)) throw badSetting('encoder', 'set with the codec custom, and only then', encoder);
  if (encoder !== null) parseEncoder(encoder);
  if (hardware !== 'off' && hardware !== 'auto' && !isHardwareCodec(codec))
    throw badSetting('hardware', `off or auto with the codec ${codec}`, hardware);
  const most = codec === 'h264' || codec === 'h265' ? 51 : 63;
  if (quality !== null && quality > most) throw badSetting('quality', `from 0 to ${most} with ${codec}`, quality);
  if (isCustom && quality !== null) throw badSetting('quality', 'set among the options of the custom encoder', quality);
}

/** Savings of the tile cache. */
export interface CacheStats {
  /** Skipped ÷ all tiles, 0…1. */
  readonly share: number;
  /** Estimated time without the cache ÷ time taken, including pre- and post-processing. */
  readonly speedup: number;
}

/** The model that was chosen for `auto`, with what it costs. */
export interface AutoModel extends ChosenModel {
  /** Estimated seconds of the whole job; null when unknown. */
  readonly seconds: number | null;
}

export type Stage = 'probing' | 'loading' | 'resuming' | 'restoring' | 'finishing';

/** A machine that makes segments of a job. */
export interface WorkerSpeed {
  readonly name: string;
  /** Frames per second, over its last segments; null before its first frame. */
  readonly fps: number | null;
}

/** Progress of a running job. */
export interface Progress {
  readonly stage: Stage;
  /** Finished frames, including those of an earlier run. */
  readonly frame: number;
  /** Frames of the whole job, estimated until the end is reached; null when unknown. */
  readonly total: number | null;
  /** Finished part of the duration, 0…1; null when the duration is unknown. */
  readonly share: number | null;
  /** Frames per second since restoring began; null before the first frame. */
  readonly fps: number | null;
  /** Seconds left; null when unknown. */
  readonly eta: number | null;
  /** Null when the tile cache is off. */
  readonly cacheStats: CacheStats | null;
  /** The machines that make the segments of a job with a queue. Absent for others. */
  readonly workers?: readonly WorkerSpeed[];
  /** Absent until the model is loaded, and where the job named it. */
  readonly auto?: AutoModel;
  /** Of a job of more than ten minutes: before its first frame, of one with few frames after the third. */
  readonly estimate?: JobEstimate;
  /** Those of the result that are known before its first frame. Absent without any. */
  readonly warnings?: readonly string[];
}

/** Result of a finished job. */
export interface Result {
  readonly output: string;
  /** Frames of the trimmed source. */
  readonly framesIn: number;
  /** Frames written: fewer than `framesIn` if `maxFps` dropped some. */
  readonly framesOut: number;
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly elapsed: number;
  /** Frames restored per second in this run. */
  readonly fps: number;
  /** Size of the output file. */
  readonly bytes: number;
  /** Name of the preset whose settings were laid under those of the job; absent without. */
  readonly preset?: string;
  /** Frames reused from an interrupted run. */
  readonly resumedFrom: number;
  /** Name of the encoder in ffmpeg: `libx264`, `h264_nvenc`. */
  readonly encoder: string;
  readonly model: {
    readonly name: string;
    readonly sha256: string;
    readonly provider: string;
    readonly steps: number;
    /** Why it was chosen; absent where the job named it. */
    readonly reason?: string;
  };
  /** Faces restored in this run, counted in each frame, and frames without a face; null when it is not a face model. */
  readonly faces: { readonly found: number; readonly framesWithout: number } | null;
  /** As in `Progress`, over the whole run; null for a job with a queue. */
  readonly cacheStats: CacheStats | null;
  /** Who made the segments of a job with a queue. Absent for others. */
  readonly workers?: readonly { readonly name: string; readonly segments: number; readonly frames: number }[];
  /** For example a stream that could not be copied, or damaged packets. */
  readonly warnings: readonly string[];
}
