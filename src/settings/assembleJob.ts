import { resolve } from 'node:path';
import { containerOf } from './container';
import { IMAGE_DEFAULTS } from './imageJob';
import { type Job, JOB_DEFAULTS } from './restoreJob';
import { checkCodec, range, text, whole } from './validate';

/** Encodes a sequence of images to a video. */
export interface AssembleJob extends Pick<
  Job,
  'output' | 'overwrite' | 'codec' | 'encoder' | 'quality' | 'pixelFormat'
> {
  /** Frames per second, 0.01…1000. Null: from the presentation time of each image, otherwise 25. */
  readonly fps: number | null;
  /** Maximum pixels (width × height) of one image. */
  readonly maxPixels: number;
}

const { overwrite, codec, encoder, quality, pixelFormat } = JOB_DEFAULTS;
export const ASSEMBLE_DEFAULTS: Omit<AssembleJob, 'output'> = {
  ...{ overwrite, codec, encoder, quality, pixelFormat },
  fps: null,
  maxPixels: 16 * IMAGE_DEFAULTS.maxPixels, // the largest image after upscaling ×4
};

/** Validates a job; the output path becomes absolute. Throws BAD_SETTING. */
export function checkAssembleJob(job: AssembleJob): AssembleJob {
  text('output', job.output);
  containerOf(job.output);
  checkCodec(job);
  if (job.fps !== null) range('frame rate', job.fps, 0.01, 1000);
  whole('maxPixels', job.maxPixels, 1, 2 ** 28);
  return { ...job, output: resolve(job.output) };
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
