import { RemasterError } from '../errors';
import { JOB_DEFAULTS, type InputSettings } from './restoreJob';
import { checkInputSettings, choice, range, whole } from './validate';

/** Which frames of a video are extracted. */
export type FrameSelection =
  /** Every n-th frame. */
  | { readonly by: 'every'; readonly n: number }
  /** At most `fps` images per second of video, 0.00001…1000. */
  | { readonly by: 'rate'; readonly fps: number }
  /** The first frame of every shot. */
  | { readonly by: 'scenes' }
  /** The frames shown at these times: seconds, ascending. */
  | { readonly by: 'times'; readonly seconds: readonly number[] };

/** Extracts frames of a video as images. */
export interface FramesJob extends InputSettings {
  /** False: frames are extracted without the model. */
  readonly isUpscaled: boolean;
  readonly pick: FrameSelection;
  /** Maximum width in pixels, 16…65536; wider images are scaled down. Null = no limit. */
  readonly width: number | null;
  readonly format: 'jpeg' | 'png' | 'webp';
  /** JPEG and WebP quality, 1…100. */
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

const MAX_TIMES = 100_000;

/** Validates a job; its paths become absolute. Throws BAD_SETTING. */
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
    if (pick.seconds.length < 1 || pick.seconds.length > MAX_TIMES || !isRising)
      throw new RemasterError(
        'BAD_SETTING',
        `The times must be 1 to ${MAX_TIMES} numbers of seconds, in ascending order.`,
      );
  }
  return checkInputSettings(job);
}

/** One extracted frame. */
export interface FrameImage {
  /** The bytes of an image file in the job's format. */
  readonly data: Uint8Array;
  /** Index of the frame, 0 at the start of the trimmed range. */
  readonly index: number;
  /** Presentation time in ticks of the video's time base. */
  readonly pts: number;
  /** Presentation time in seconds. */
  readonly time: number;
  readonly width: number;
  readonly height: number;
  /** Number of frames skipped since the previous image. */
  readonly dropped: number;
  readonly isLast: boolean;
}
