import type { ErrorRecord } from '../errors';
import type { CameraFacts } from '../pipeline/jobs/live/cameraProbe';
import type { Mp4Part } from '../pipeline/media/mp4Boxes';
import type { CameraState, LiveJob, LiveJpeg, LiveProgress } from '../settings/liveJob';

/** About one live job, from the client to the engine. */
export type LiveRequest =
  /** `facts`: what the camera sent to an engine before this one, which need not be asked again. */
  | { readonly what: 'start'; readonly job: LiveJob; readonly facts: CameraFacts | null }
  | { readonly what: 'stop' }
  /** One JPEG may be sent: of the newest picture, if its number is above `newerThan`, or else of the next one. */
  | { readonly what: 'requestJpeg'; readonly newerThan: number }
  /** A part of the fragmented MP4 was passed on: there is room for another. */
  | { readonly what: 'taken' };

/** About one live job, from the engine to the client. */
export type LiveEvent =
  | { readonly what: 'camera'; readonly state: CameraState }
  /** What the camera sends; the client keeps it for the next engine. */
  | { readonly what: 'facts'; readonly facts: CameraFacts }
  | { readonly what: 'progress'; readonly progress: LiveProgress }
  /** The answer to `requestJpeg`. */
  | { readonly what: 'picture'; readonly picture: LiveJpeg }
  /** Null: the stream has ended; the next part is an `init` again. */
  | { readonly what: 'part'; readonly part: Mp4Part | null }
  /** A recording is finished. */
  | { readonly what: 'file'; readonly path: string }
  /** The target takes no pictures; the engine goes on trying. */
  | { readonly what: 'trouble'; readonly error: ErrorRecord }
  | { readonly what: 'stopped' }
  | { readonly what: 'failed'; readonly error: ErrorRecord };

/** Parts of a fragmented MP4 that may be on their way: more only says that whoever takes them is slow. */
export const MAX_FRAGMENTS_IN_FLIGHT = 4;
