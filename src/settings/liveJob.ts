import { type Job, JOB_DEFAULTS, type ModelChoice, type CacheStats } from './restoreJob';

/** Source of live frames. */
export type LiveInput =
  | {
      readonly kind: 'address';
      /** Without user name and password. */
      readonly address: string;
      readonly username: string | null;
      readonly password: string | null;
      /** RTSP transport; `auto`: TCP if the camera supports it, otherwise UDP. */
      readonly transport: 'auto' | 'tcp' | 'udp';
    }
  | {
      readonly kind: 'device';
      /** `/dev/video0` on Linux, a device name on other systems. */
      readonly device: string;
      /** `1280x720`; null = the device's default. */
      readonly size: string | null;
      /** Frames per second, 0.1…1000; null = the device's default. */
      readonly rate: number | null;
    }
  /** A generated test pattern. */
  | { readonly kind: 'pattern'; readonly size: string; readonly rate: number };

export interface LiveSource {
  readonly input: LiveInput;
  /** Name to display; contains no credentials. */
  readonly label: string;
  /** Seconds before the first reconnect attempt, 0.1…3600; the delay doubles up to `retryMax`. */
  readonly retryMin: number;
  readonly retryMax: number;
  /** Seconds without a frame after which the connection is closed, 1…600. */
  readonly stall: number;
}

/** Output of a live job, besides the JPEGs that can always be requested. */
export type LiveTarget =
  /** JPEGs only. */
  | { readonly kind: 'pictures' }
  /** Fragmented MP4, delivered to `onFragment`. */
  | { readonly kind: 'fragments' }
  | { readonly kind: 'hls'; readonly folder: string }
  | {
      readonly kind: 'segments';
      readonly folder: string;
      /** Prefix of the file names; the time follows. */
      readonly name: string;
      /** Length of one file, 2…86400. */
      readonly seconds: number;
      /** Limits on the kept files; the oldest are deleted first. Null = no limit. */
      readonly keep: { readonly count: number | null; readonly hours: number | null; readonly bytes: number | null };
    }
  | {
      readonly kind: 'push';
      /** `rtsp:`, `rtmp:`, `srt:`, `udp:` or `tcp:`, without user name and password. */
      readonly address: string;
      readonly username: string | null;
      readonly password: string | null;
    };

/** A region of the frame, as fractions of its width and height, 0…1. */
export interface LiveRegion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** `slow`: only while overloaded, with `overload: 'adapt'`. */
  readonly when: 'always' | 'slow';
}

type FromJob =
  | 'steps'
  | 'order'
  | 'strength'
  | 'noise'
  | 'seed'
  | 'colorFix'
  | 'temporalDenoise'
  | 'scale'
  | 'faces'
  | 'minFace'
  | 'tile'
  | 'overlap'
  | 'tileCache'
  | 'deinterlace'
  | 'maxFps'
  | 'maxHeight'
  | 'hwaccel'
  | 'quality';

/** Upscales the frames of a camera until it is stopped. Plain JSON; the only data structure that holds a camera's password. */
export interface LiveJob extends ModelChoice, Pick<Job, FromJob> {
  readonly source: LiveSource;
  readonly target: LiveTarget;
  /** Latency limit in milliseconds, 50…60000. A frame that is expected to exceed it is dropped before processing. */
  readonly budgetMs: number;
  /** When overloaded: `drop` drops frames; `adapt` first lowers the quality (fewer steps, then the settings below). */
  readonly overload: 'drop' | 'adapt';
  /** Name or folder of a faster model of the same scale; null = none. */
  readonly fallbackModel: string | null;
  /** Only this region goes through the model; the rest is resampled. Null = the whole frame. */
  readonly region: LiveRegion | null;
  /** Allows to process only every second, fourth or eighth frame. */
  readonly skipFramesEvenly: boolean;
}

/** Defaults of `LiveSource`, in seconds. */
export const SOURCE_DEFAULTS = { retryMin: 1, retryMax: 3, stall: 5 } as const;

export const LIVE_DEFAULTS: Omit<LiveJob, 'source' | 'target'> = {
  model: JOB_DEFAULTS.model,
  provider: JOB_DEFAULTS.provider,
  device: JOB_DEFAULTS.device,
  threads: JOB_DEFAULTS.threads,
  steps: JOB_DEFAULTS.steps,
  order: JOB_DEFAULTS.order,
  strength: JOB_DEFAULTS.strength,
  noise: JOB_DEFAULTS.noise,
  seed: JOB_DEFAULTS.seed,
  colorFix: JOB_DEFAULTS.colorFix,
  temporalDenoise: JOB_DEFAULTS.temporalDenoise,
  scale: JOB_DEFAULTS.scale,
  faces: JOB_DEFAULTS.faces,
  minFace: JOB_DEFAULTS.minFace,
  tile: JOB_DEFAULTS.tile,
  overlap: JOB_DEFAULTS.overlap,
  tileCache: JOB_DEFAULTS.tileCache,
  deinterlace: JOB_DEFAULTS.deinterlace,
  maxFps: JOB_DEFAULTS.maxFps,
  maxHeight: JOB_DEFAULTS.maxHeight,
  hwaccel: JOB_DEFAULTS.hwaccel,
  quality: null,
  budgetMs: 500,
  overload: 'drop',
  fallbackModel: null,
  region: null,
  skipFramesEvenly: false,
};

/** State of the connection to the camera. */
export type CameraState =
  | { readonly is: 'connecting' }
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
  /** Frames processed per second; null before the second one. */
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
  /** 1 = every frame is processed, 2 = every second, … */
  readonly frameStep: number;
  /** Only the region goes through the model. */
  readonly isRegionOnly: boolean;
  /** Of the tile cache, since the frame size last changed; null when it is off. */
  readonly cacheStats: CacheStats | null;
  /** Size of the result in pixels; null before the first. */
  readonly width: number | null;
  readonly height: number | null;
  /** Of this job's target: frames written, frames skipped because it was too slow, and restarts after a failure. */
  readonly target: { readonly written: number; readonly skipped: number; readonly restarts: number };
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
