import { resolve } from 'node:path';
import { containerOf } from './container';
import { IMAGE_DEFAULTS } from './imageJob';
import { type Job, JOB_DEFAULTS } from './restoreJob';
import { checkCodec, range, text, whole } from './validate';

/** A video made of pictures that come one by one. */
export interface AssembleJob extends Pick<
  Job,
  'output' | 'overwrite' | 'codec' | 'encoder' | 'quality' | 'pixelFormat'
> {
  /** Pictures per second. Null: each picture says its time, or else 25. */
  readonly fps: number | null;
  /** Pixels of one picture at most. */
  readonly maxPixels: number;
}

const { overwrite, codec, encoder, quality, pixelFormat } = JOB_DEFAULTS;
export const ASSEMBLE_DEFAULTS: Omit<AssembleJob, 'output'> = {
  ...{ overwrite, codec, encoder, quality, pixelFormat },
  fps: null,
  maxPixels: 16 * IMAGE_DEFAULTS.maxPixels, // what a ×4 model makes of the largest picture
};

/** Checks a job once, at the door. */
export function checkAssembleJob(job: AssembleJob): AssembleJob {
  text('output', job.output);
  containerOf(job.output);
  checkCodec(job);
  if (job.fps !== null) range('pictures per second', job.fps, 0.01, 1000);
  whole('maxPixels', job.maxPixels, 1, 2 ** 28);
  return { ...job, output: resolve(job.output) };
}

/** What became of the pictures. */
export interface AssembleResult {
  readonly output: string;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Seconds from the first picture to the finished file. */
  readonly elapsed: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
}
