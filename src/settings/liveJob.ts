import { type Job, JOB_DEFAULTS, type ModelChoice, type CacheStats } from './restoreJob';

/** Where live pictures come from. */
export type LiveInput =
  | {
      readonly kind: 'address';
      /** Without user and password. */
      readonly address: string;
      readonly username: string | null;
      readonly password: string | null;
      /** How RTSP carries pictures; `auto` is TCP where the camera can. */
      readonly transport: 'auto' | 'tcp' | 'udp';
    }
  | {
      readonly kind: 'device';
      /** `/dev/video0` on Linux, a name elsewhere. */
      readonly device: string;
      /** `1280x720`; null = as the device likes. */
      readonly size: string | null;
      readonly rate: number | null;
    }
  | { readonly kind: 'pattern'; readonly size: string; readonly rate: number };

export interface LiveSource {
  readonly input: LiveInput;
  /** For people; holds no secret. */
  readonly label: string;
  /** Seconds before the first and at most between later attempts to connect again. */
  readonly retryMin: number;
  readonly retryMax: number;
  /** Seconds without a picture after which the connection is given up. */
  readonly stall: number;
}

/** Where enhanced pictures go, besides the JPEGs that can always be asked for. */
export type LiveTarget =
  | { readonly kind: 'pictures' }
  /** Fragmented MP4, sent to whoever runs the job. */
  | { readonly kind: 'fragments' }
  | { readonly kind: 'hls'; readonly folder: string }
  | {
      readonly kind: 'segments';
      readonly folder: string;
      /** What the files' names begin with; the time follows. */
      readonly name: string;
      /** Length of one file. */
      readonly seconds: number;
      /** The oldest files go when there are more, when they are older, or when they are larger together. Null = no limit. */
      readonly keep: { readonly count: number | null; readonly hours: number | null; readonly bytes: number | null };
    }
  | {
      readonly kind: 'push';
      /** `rtsp:`, `rtmp:`, `srt:`, `udp:` or `tcp:`, without user and password. */
      readonly address: string;
      readonly username: string | null;
      readonly password: string | null;
    };

/** A part of a picture, in shares of its sides, 0…1. */
export interface LiveRegion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** `slow`: only while the machine does not keep up, if `effort` follows. */
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

/** Pictures of a camera through a model, until it is stopped. Plain JSON; the only place where a camera's password travels. */
export interface LiveJob extends ModelChoice, Pick<Job, FromJob> {
  readonly source: LiveSource;
  readonly target: LiveTarget;
  /** Milliseconds a picture may be old when it is done; what cannot make it is dropped before it costs anything. */
  readonly budgetMs: number;
  /** `follow`: less is done while the machine does not keep up, and more again when it does: first fewer steps, then what follows here. */
  readonly overload: 'drop' | 'adapt';
  /** Name or folder of a model of the same scale that takes less time; null = none. */
  readonly fallbackModel: string | null;
  /** Only this part goes through the model, the rest is enlarged as it is; null = the whole picture. */
  readonly region: LiveRegion | null;
  /** Pictures may be left out evenly: only every second, fourth or eighth is made. */
  readonly skipFramesEvenly: boolean;
}

/** Seconds; see LiveSource. */
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

/** How it stands with the camera. */
export type CameraState =
  | { readonly is: 'connecting' }
  | { readonly is: 'running'; readonly width: number; readonly height: number; readonly fps: number | null }
  /** Tries again in `seconds`. `message` says why, without secrets. */
  | {
      readonly is: 'waiting';
      readonly attempt: number;
      readonly seconds: number;
      readonly code: 'NO_SIGNAL' | 'AUTH_FAILED' | 'SOURCE_NOT_FOUND' | 'SOURCE_UNREADABLE';
      readonly message: string;
    };

/** Milliseconds: of all pictures in the last ten seconds, half, 95 % and 99 % were done sooner. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What happened since the job began; rates and latencies are those of the last ten seconds. */
export interface LiveProgress {
  readonly camera: CameraState;
  /** Pictures that came, were made, and were dropped for newer ones or for their age. */
  readonly in: number;
  readonly out: number;
  readonly dropped: number;
  /** Pictures made per second; null before the second one. */
  readonly fps: number | null;
  readonly fpsIn: number | null;
  /** 0…1 of those that came. */
  readonly dropShare: number;
  /** From the last byte of a picture to its result; null before the first. */
  readonly latency: Latency | null;
  /** How old dropped pictures were; null when none was. */
  readonly ageAtDrop: Latency | null;
  /** How a picture is made now; null before the first. */
  readonly steps: number | null;
  readonly model: string | null;
  /** Of so many pictures that come, one is made. */
  readonly frameStep: number;
  /** Only the region goes through the model. */
  readonly isRegionOnly: boolean;
  /** What not inferring unchanged tiles again has saved since the pictures last changed their size; null when nothing is remembered. */
  readonly cacheStats: CacheStats | null;
  /** Size of the result; null before the first. */
  readonly width: number | null;
  readonly height: number | null;
  /** Of this job's own target: pictures written, left out because it was slower, and times it had to begin anew. */
  readonly target: { readonly written: number; readonly skipped: number; readonly restarts: number };
}

/** A JPEG of the newest result. */
export interface LiveJpeg {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Number of the picture among those that came. */
  readonly index: number;
  /** Milliseconds since the epoch at which the picture came. */
  readonly time: number;
  /** Milliseconds from its coming to this JPEG. */
  readonly latency: number;
}
