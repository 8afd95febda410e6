import type { ErrorRecord } from '../errors';
import type { CameraFacts } from '../pipeline/jobs/live/cameraProbe';
import type { Mp4Part } from '../pipeline/media/mp4Boxes';
import type { CameraState, LiveJob, LiveJpeg, LiveProgress } from '../settings/liveJob';

/** A request about one live job, from the client to the engine. */
export type LiveRequest =
  /** `facts`: the stream's properties found by an earlier engine process, to save probing again. */
  | { readonly what: 'start'; readonly job: LiveJob; readonly facts: CameraFacts | null }
  | { readonly what: 'stop' }
  /** Requests one JPEG: of the newest frame if its index is above `newerThan`, otherwise of the next frame. */
  | { readonly what: 'requestJpeg'; readonly newerThan: number }
  /** A fragment of the MP4 stream was consumed: another may be sent. */
  | { readonly what: 'releaseFragment' };

/** An event of one live job, from the engine to the client. */
export type LiveEvent =
  | { readonly what: 'camera'; readonly state: CameraState }
  /** The stream's properties; the client keeps them for the next engine process. */
  | { readonly what: 'facts'; readonly facts: CameraFacts }
  | { readonly what: 'progress'; readonly progress: LiveProgress }
  /** Fulfils `requestJpeg`. */
  | { readonly what: 'jpeg'; readonly jpeg: LiveJpeg }
  /** Null: the stream has ended; the next fragment is an `init` segment again. */
  | { readonly what: 'fragment'; readonly fragment: Mp4Part | null }
  /** A recording is finished. */
  | { readonly what: 'file'; readonly path: string }
  /** The target failed, and the engine retries it; or memory ran out, and tiles became smaller. */
  | { readonly what: 'recoverableError'; readonly error: ErrorRecord }
  | { readonly what: 'stopped' }
  | { readonly what: 'failed'; readonly error: ErrorRecord };

/** MP4 fragments sent but not yet released. More would only queue up behind a slow consumer. */
export const MAX_FRAGMENTS_IN_FLIGHT = 4;
