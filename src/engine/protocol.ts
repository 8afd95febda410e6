import type { ErrorRecord } from '../errors';
import type { ModelSummary } from '../model/bundle/modelLibrary';
import type { MadeSegment } from '../pipeline/jobs/madeSegments';
import type { Maker, SegmentRange, SharedJob } from '../pipeline/jobs/restore/segmentFarm';
import type { VideoEstimate } from '../pipeline/jobs/restore/estimateVideo';
import type { AddedDetail } from '../pipeline/media/image/addedDetail';

export type { ModelSummary } from '../model/bundle/modelLibrary';
import type { AssembleJob, AssembleResult } from '../settings/assembleJob';
import type { EstimateJob } from '../settings/estimateJob';
import type { FrameImage, FramesJob } from '../settings/framesJob';
import type { ImageJob, ImageResult, ImageSource } from '../settings/imageJob';
import type { ChosenModel } from '../settings/chooseModel';
import type { SourceTraits } from '../settings/sourceTraits';
import type { Job, ModelChoice, Progress, ReadingSettings, Result } from '../settings/restoreJob';
import type { VerifyCost, VerifyJob, VerifyReport } from '../settings/verifyJob';
import type { LiveEvent, LiveRequest } from './liveProtocol';

/** Incremented when a message changes its meaning; an engine of another version is rejected. */
export const PROTOCOL = 1;

export interface DoctorReport {
  readonly lines: readonly {
    readonly ok: boolean | null;
    readonly what: string;
    readonly found: string;
    readonly remedy: string;
  }[];
}

/** Properties of a video file, as the nodes show them. */
export interface SourceSummary {
  /** Pixels, after rotation. */
  readonly width: number;
  readonly height: number;
  /** Nominal frames per second; null when unknown. */
  readonly fps: number | null;
  /** Estimated from duration and frame rate; null when unknown. */
  readonly frames: number | null;
  /** Seconds; null when unknown. */
  readonly duration: number | null;
  readonly interlaced: boolean;
  readonly audio: boolean;
  readonly codec: string;
  readonly bitDepth: number;
}

/** Writes one frame of a video to an image file. */
export interface ThumbnailRequest {
  readonly input: string;
  /** Seconds. */
  readonly at: number;
  /** `.png` or `.jpg`. */
  readonly output: string;
  /** Pixels; null = the width of the video. */
  readonly width: number | null;
}

/** The same frame before and after restoring, as JPEG files. */
export interface JpegPair {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** Display aspect ratio: width ÷ height. */
  readonly aspect: number;
}

/** A job whose segments are made here, with the paths of this machine. */
export interface SharedWork {
  readonly shared: SharedJob;
  readonly who: Maker;
  /** Where the models of this machine run. */
  readonly provider: string;
}

/** What can be asked of the engine: arguments and result of each request. */
export interface EngineRequests {
  /** `sequenceRate`: frames per second of an image sequence. */
  probe: { args: { readonly input: string; readonly sequenceRate?: number }; result: SourceSummary };
  doctor: { args: { readonly folder: string | null }; result: DoctorReport };
  /**
   * `folders`: searched for bundles before REMASTER_MODELS and the package's own. `isTested`: models that
   * have never been loaded here are loaded to know whether they are `suspect`.
   */
  models: {
    args: { readonly folders?: readonly string[]; readonly isTested?: boolean };
    result: readonly ModelSummary[];
  };
  /** Deletes the work folder of interrupted jobs for this output, unless a running job holds its lock. */
  discard: { args: { readonly output: string }; result: null };
  thumbnail: { args: ThumbnailRequest; result: null };
  /** Upscales one image. */
  /** `mask`: null for models that do not inpaint, or with a mask colour. */
  image: {
    args: {
      readonly source: ImageSource;
      readonly mask: ImageSource | null;
      readonly job: ImageJob;
      /** Whose workers do it; absent: this machine does. */
      readonly queue?: { readonly address: string; readonly password: string | null } | null;
    };
    result: ImageResult;
  };
  /** Extracts frames as images, each when `nextFrame` requests it. `id` is chosen by the client. */
  openFrames: { args: { readonly id: string; readonly job: FramesJob }; result: null };
  /** Null after the last frame. */
  nextFrame: { args: { readonly id: string }; result: FrameImage | null };
  closeFrames: { args: { readonly id: string }; result: null };
  /** Encodes images to a video. `id` is chosen by the client. */
  openAssembly: { args: { readonly id: string; readonly job: AssembleJob }; result: null };
  /** Settles when the encoder is ready for more. `time`: presentation time in seconds; null when unknown. */
  addImage: {
    args: { readonly id: string; readonly source: ImageSource; readonly time: number | null };
    result: null;
  };
  /** `keep` true: finishes the video. False: deletes it and returns null. */
  closeAssembly: { args: { readonly id: string; readonly keep: boolean }; result: AssembleResult | null };
  /** A small JPEG of the next frame of a running job, left half before and right half after; null when the job ends first. */
  preview: { args: { readonly job: string }; result: Uint8Array | null };
  /** The next frame of a running job, before and after; null when the job ends first. */
  pair: { args: { readonly job: string }; result: JpegPair | null };
  /** Chooses the model of a job that leaves it to remaster. */
  choose: {
    args: {
      readonly source:
        | { readonly kind: 'camera' }
        /** The bytes of an image file. */
        | { readonly kind: 'image'; readonly data: Uint8Array; readonly maxPixels: number }
        | ({ readonly kind: 'file' } & Pick<Job, 'input' | 'sequenceRate'> & ReadingSettings);
      readonly wants: Pick<Job, 'scale' | 'steps' | 'mask' | 'maskColor'>;
    };
    result: ChosenModel & { readonly traits: SourceTraits };
  };
  /** Measures what a job would take, on three of its frames. `isCompared`: with the times of other models. */
  estimate: { args: { readonly job: EstimateJob; readonly isCompared: boolean }; result: VideoEstimate };
  /** What the model has added to an image. Both are bytes of image files. */
  added: { args: { readonly before: Uint8Array; readonly after: Uint8Array }; result: AddedDetail };
  /** Estimates what `verify` takes. */
  verifyCost: { args: VerifyJob; result: VerifyCost };
  /** Compares a result with its record. */
  verify: { args: VerifyJob; result: VerifyReport };
  /** What decides the bytes that this machine makes, and which jobs of others it can make. */
  machine: {
    args: Omit<ModelChoice, 'model'>;
    result: {
      /** Hash: machines of one class make the same bytes. */
      readonly machine: string;
      /** The class in words. */
      readonly facts: string;
      readonly provider: string;
      /** Hashes of its models, by name. */
      readonly models: Readonly<Record<string, string>>;
      /** Bytes. */
      readonly memory: number;
    };
  };
  /** Compares what this machine makes of a job with what the first of its class has made. */
  checkMachine: { args: SharedWork; result: null };
  /** Makes a segment of a job of another machine, or finds it. */
  makeSegment: { args: SharedWork & { readonly range: SegmentRange }; result: MadeSegment };
  /** Frames of the current segment of the job in this work folder that are made. */
  segmentFrames: { args: { readonly folder: string }; result: number };
  /** Loads the model and measures one tile. Of `auto`, the model that is chosen most often. */
  test: {
    args: ModelChoice & Pick<Job, 'steps'>;
    result: {
      readonly model: string;
      readonly provider: string;
      readonly rejected: readonly { provider: string; reason: string }[];
      /** Duration of one inference in milliseconds, without loading and the first run. */
      readonly ms: number;
      /** Width and height of the tile in source pixels. */
      readonly tile: readonly [number, number];
      /** MODEL_SUSPECT when the result of a test image looks wrong. */
      readonly suspect: ErrorRecord | null;
    };
  };
}

/** From the client to the engine. */
export type Request =
  | { readonly type: 'hello'; readonly protocol: number; readonly idleMs: number }
  | { readonly type: 'job'; readonly id: string; readonly job: Job; readonly queuePassword: string | null }
  /** Stops a job or a request. `keep`: finished segments stay if the job may resume; otherwise everything is deleted. */
  | { readonly type: 'stop'; readonly id: string; readonly keep: boolean }
  | { readonly type: 'ask'; readonly id: string; readonly what: keyof EngineRequests; readonly args: unknown }
  | { readonly type: 'live'; readonly id: string; readonly request: LiveRequest };

/** From the engine to the client. */
export type Reply =
  | { readonly type: 'ready'; readonly protocol: number; readonly pid: number }
  /** Position in the queue: 0 = running, 1 = next, …; sent whenever it changes. */
  | { readonly type: 'queued'; readonly id: string; readonly position: number }
  | { readonly type: 'progress'; readonly id: string; readonly progress: Progress }
  | { readonly type: 'done'; readonly id: string; readonly result: Result }
  | { readonly type: 'stopped'; readonly id: string }
  | { readonly type: 'failed'; readonly id: string; readonly error: ErrorRecord }
  | { readonly type: 'answer'; readonly id: string; readonly result: unknown }
  | { readonly type: 'live'; readonly id: string; readonly event: LiveEvent }
  /** A process that the engine started, so that the client can kill it if the engine crashes. */
  | { readonly type: 'child'; readonly pid: number; readonly alive: boolean }
  /** A file or folder that the client deletes if the engine crashes; `gone`: no longer needed. */
  | { readonly type: 'temporaryPath'; readonly path: string; readonly gone: boolean };
