import { RemasterError } from '../errors';
import { JOB_DEFAULTS, type InputSettings } from './restoreJob';
import { checkInputSettings, choice, range, whole } from './validate';

/** Which frames of a video become pictures. */
export type FrameSelection =
  | { readonly by: 'every'; readonly n: number }
  /** Pictures per second of video at most; of a slower video, every frame. */
  | { readonly by: 'rate'; readonly fps: number }
  /** The first frame of every shot. */
  | { readonly by: 'scenes' }
  /** The frames that are on screen at these times of the video, rising. */
  | { readonly by: 'times'; readonly seconds: readonly number[] };

/** Pictures out of a video, one by one. */
export interface FramesJob extends InputSettings {
  /** False: frames as they are in the video, without the model. */
  readonly isUpscaled: boolean;
  readonly pick: FrameSelection;
  /** Pixels at most; wider pictures are scaled down. Null = as they are. */
  readonly width: number | null;
  readonly format: 'jpeg' | 'png' | 'webp';
  /** Of JPEG and WebP, 1…100. */
  readonly quality: number;
}

export const FRAMES_DEFAULTS: Omit<FramesJob, 'input'> = {
  ...JOB_DEFAULTS,
  isUpscaled: false,
  pick: { by: 'every', n: 1 },
  width: null,
  format: 'jpeg',
  quality: 90,
};

/** Times that one job may name. */
const MOST_TIMES = 100_000;

/** Checks a job once, at the door. */
export function checkFramesJob(job: FramesJob): FramesJob {
  const { pick } = job;
  choice('format', job.format, ['jpeg', 'png', 'webp']);
  choice('pick', pick.by, ['every', 'rate', 'scenes', 'times']);
  whole('quality', job.quality, 1, 100);
  if (job.width !== null) whole('width', job.width, 16, 65_536);
  if (pick.by === 'every') whole('every', pick.n, 1, 1_000_000_000);
  if (pick.by === 'rate') range('frames per second', pick.fps, 0.000_01, 1000);
  if (pick.by === 'times') {
    const isRising = pick.seconds.every((at, i) => at >= 0 && Number.isFinite(at) && at >= (pick.seconds[i - 1] ?? 0));
    if (pick.seconds.length < 1 || pick.seconds.length > MOST_TIMES || !isRising)
      throw new RemasterError('BAD_SETTING', `The times must be 1 to ${MOST_TIMES} numbers of seconds, rising.`);
  }
  return checkInputSettings(job);
}

/** One frame as a picture. */
export interface FrameImage {
  /** A file in the job's format. */
  readonly data: Uint8Array;
  /** Number of the frame, from the first of the wanted part. */
  readonly index: number;
  /** Presentation time in ticks of the video's time base, and in seconds. */
  readonly pts: number;
  readonly time: number;
  readonly width: number;
  readonly height: number;
  /** Frames between the picture before and this one. */
  readonly dropped: number;
  readonly isLast: boolean;
}
