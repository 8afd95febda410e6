import { badSetting, checkSettings, defaultsOf } from './checkRows';
import type { ImageSource } from './imageJob';
import { isImageCodec } from './imageOutput';
import { checkOutput } from './restoreJob';
import type { Values } from './row';
import { ASSEMBLE_ROWS } from './table';

/** Encodes a sequence of images to a video. */
export type AssembleJob = Values<typeof ASSEMBLE_ROWS>;

export const ASSEMBLE_DEFAULTS = defaultsOf(ASSEMBLE_ROWS);

/** Checks a job; the output path becomes absolute. Throws BAD_SETTING. */
export function checkAssembleJob(given: unknown): AssembleJob {
  const job = checkSettings(ASSEMBLE_ROWS, given);
  if (isImageCodec(job.codec)) throw badSetting('codec', 'a codec of videos', job.codec);
  checkOutput(job);
  return job;
}

/** An image for a video. */
export interface TimedImage {
  readonly source: ImageSource;
  /** Presentation time in seconds; null when unknown. */
  readonly time: number | null;
}

/** Properties of the finished video. */
export interface AssembleResult {
  readonly output: string;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Seconds from the first image to the finished file. */
  readonly elapsed: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly warnings: readonly string[];
}
