import { badSetting, checkSettings, defaultsOf, isRecord } from './checkRows';
import { number, whole, type Values } from './row';
import { checkReading, withoutEmptyTrim } from './restoreJob';
import { FRAMES_ROWS } from './table';
import { checkVariant, type Variant } from './variants';

/** Which frames of a video are extracted. */
export const SELECTIONS = {
  /** Every n-th frame. */
  every: {
    n: whole(1, 1_000_000_000, 1, {
      text: 'every n-th frame',
      dialog: { icon: 'step-forward', value: '25' },
    }),
  },
  /** At most `fps` images per second of video. */
  rate: {
    fps: number(0.000_01, 1000, 1, {
      text: 'images per second of video',
      dialog: { icon: 'step-forward' },
    }),
  },
  /** The first frame of every shot. */
  scenes: {},
} as const;

export type FrameSelection =
  | Variant<'by', typeof SELECTIONS>
  /** The frames shown at these times: seconds, ascending. */
  | { readonly by: 'times'; readonly seconds: readonly number[] };

/** Extracts frames of a video as images. */
export type FramesJob = Values<typeof FRAMES_ROWS> & { readonly pick: FrameSelection };

export const FRAMES_DEFAULTS: Omit<FramesJob, 'input'> = { ...defaultsOf(FRAMES_ROWS), pick: { by: 'every', n: 1 } };

const MAX_TIMES = 100_000;

/** Checks a job; its paths become absolute. Throws BAD_SETTING. */
export function checkFramesJob(given: unknown): FramesJob {
  const { pick = FRAMES_DEFAULTS.pick, ...settings } = isRecord(given) ? given : {};
  const job = withoutEmptyTrim(checkSettings(FRAMES_ROWS, isRecord(given) ? settings : given));
  checkReading(job);
  return { ...job, pick: checkPick(pick) };
}

function checkPick(pick: unknown): FrameSelection {
  if (!isRecord(pick) || pick['by'] !== 'times') return checkVariant('pick', 'by', SELECTIONS, pick);
  const { seconds } = pick;
  const isRising =
    Array.isArray(seconds) &&
    seconds.length >= 1 &&
    seconds.length <= MAX_TIMES &&
    seconds.every(
      (at: unknown, i) => Number.isFinite(at) && (at as number) >= (i === 0 ? 0 : (seconds[i - 1] as number)),
    );
  if (!isRising) throw badSetting('pick.seconds', `1 to ${MAX_TIMES} numbers of seconds, in ascending order`, seconds);
  return { by: 'times', seconds: [...(seconds as number[])] };
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
  /** That came up since the previous image, for example that memory ran out and tiles became smaller. */
  readonly warnings: readonly string[];
}
