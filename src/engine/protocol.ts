import type { ErrorRecord } from '../errors';
import type { ModelSummary } from '../model/bundle/modelLibrary';

export type { ModelSummary } from '../model/bundle/modelLibrary';
import type { AssembleJob, AssembleResult } from '../settings/assembleJob';
import type { FrameImage, FramesJob } from '../settings/framesJob';
import type { ImageJob, ImageResult, ImageSource } from '../settings/imageJob';
import type { Job, Progress, Result } from '../settings/restoreJob';
import type { LiveEvent, LiveRequest } from './liveProtocol';

/** Raised when a message changes its meaning; an engine of another version is refused at once. */
export const PROTOCOL = 1;

export interface DoctorReport {
  readonly lines: readonly {
    readonly ok: boolean | null;
    readonly what: string;
    readonly found: string;
    readonly remedy: string;
  }[];
}

/** What ffmpeg says of a file, in the words the nodes show. */
export interface SourceSummary {
  /** Pixels as shown, after rotation. */
  readonly width: number;
  readonly height: number;
  /** Nominal frames per second; null when the file does not say. */
  readonly fps: number | null;
  /** From duration and rate: an estimate. */
  readonly frames: number | null;
  /** Seconds. */
  readonly duration: number | null;
  readonly interlaced: boolean;
  readonly audio: boolean;
  readonly codec: string;
  readonly bitDepth: number;
}

/** A picture out of a video, for previews and the before/after page. */
export interface ThumbnailRequest {
  readonly input: string;
  /** Seconds. */
  readonly at: number;
  readonly output: string;
  /** Pixels; null = the video's own. */
  readonly width: number | null;
}

/** A frame and what became of it. */
export interface JpegPair {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** Width ÷ height, as it is to be shown. */
  readonly aspect: number;
}

export interface EngineRequests {
  /** `sequenceRate`: pictures per second, if it is a folder of pictures. */
  probe: { args: { readonly input: string; readonly sequenceRate?: number }; result: SourceSummary };
  doctor: { args: { readonly folder: string | null }; result: DoctorReport };
  /** `folders`: looked through for bundles before the usual places. */
  models: { args: { readonly folders?: readonly string[] }; result: readonly ModelSummary[] };
  /** Removes what interrupted jobs for this output have left, unless one is at work there now. */
  discard: { args: { readonly output: string }; result: null };
  thumbnail: { args: ThumbnailRequest; result: null };
  /** One picture, made better. Compressed bytes both ways, unless somebody wants pixels. */
  image: { args: { readonly source: ImageSource; readonly job: ImageJob }; result: ImageResult };
  /** Pictures out of a video, each made when it is asked for. `id` is the asker's own. */
  openFrames: { args: { readonly id: string; readonly job: FramesJob }; result: null };
  /** Null after the last. */
  nextFrame: { args: { readonly id: string }; result: FrameImage | null };
  closeFrames: { args: { readonly id: string }; result: null };
  /** A video out of pictures. `id` is the asker's own. */
  openAssembly: { args: { readonly id: string; readonly job: AssembleJob }; result: null };
  /** Answered when the encoder is ready for more. `time` in seconds; null when the picture does not say. */
  addImage: {
    args: { readonly id: string; readonly source: ImageSource; readonly time: number | null };
    result: null;
  };
  /** `keep`: the video gets its name; else nothing is left of it, and the answer is null. */
  closeAssembly: { args: { readonly id: string; readonly keep: boolean }; result: AssembleResult | null };
  /** A small JPEG of the next frame of a running job, half as it was and half as it is now; null when none comes. */
  preview: { args: { readonly job: string }; result: Uint8Array | null };
  /** The next frame of a running job as it was and as it is now, as JPEGs; null when none comes. */
  pair: { args: { readonly job: string }; result: JpegPair | null };
  /** Loads the model, runs one tile, says how long it took. */
  test: {
    args: Pick<Job, 'model' | 'provider' | 'device' | 'threads' | 'steps'>;
    result: {
      readonly provider: string;
      readonly rejected: readonly { provider: string; reason: string }[];
      readonly ms: number;
      readonly tile: readonly [number, number];
    };
  };
}

/** From the client to the engine. */
export type Request =
  | { readonly type: 'hello'; readonly protocol: number; readonly idleMs: number }
  | { readonly type: 'job'; readonly id: string; readonly job: Job }
  /** Of a job or of a question. `keep`: suspend (finished segments stay when the job may resume) instead of throwing everything away. */
  | { readonly type: 'stop'; readonly id: string; readonly keep: boolean }
  | { readonly type: 'ask'; readonly id: string; readonly what: keyof EngineRequests; readonly args: unknown }
  | { readonly type: 'live'; readonly id: string; readonly say: LiveRequest };

/** From the engine to the client. */
export type Reply =
  | { readonly type: 'ready'; readonly protocol: number; readonly pid: number }
  /** 0 = running, 1 = next, …; sent whenever it changes. */
  | { readonly type: 'queued'; readonly id: string; readonly position: number }
  | { readonly type: 'progress'; readonly id: string; readonly progress: Progress }
  | { readonly type: 'done'; readonly id: string; readonly result: Result }
  | { readonly type: 'stopped'; readonly id: string }
  | { readonly type: 'failed'; readonly id: string; readonly error: ErrorRecord }
  | { readonly type: 'answer'; readonly id: string; readonly result: unknown }
  | { readonly type: 'live'; readonly id: string; readonly news: LiveEvent }
  /** A process the engine started, so that the client can end it if the engine cannot. */
  | { readonly type: 'child'; readonly pid: number; readonly alive: boolean }
  /** A file or folder to remove if the engine dies; `gone` takes it off the list. */
  | { readonly type: 'scratch'; readonly path: string; readonly gone: boolean };
