import { checkSettings } from './checkRows';
import { checkOutput, withoutEmptyTrim } from './restoreJob';
import { pickRows, type Values } from './row';
import { INPUT_ROWS, OUTPUT_ROWS } from './videoRows';

/** Estimating the time of a job: the source, how it is restored, and how it is encoded. */
export const ESTIMATE_ROWS = {
  ...INPUT_ROWS,
  ...pickRows(OUTPUT_ROWS, ['codec', 'encoder', 'quality', 'pixelFormat', 'hardware']),
} as const;

export type EstimateJob = Values<typeof ESTIMATE_ROWS>;

/** Checks a job; its paths become absolute. Throws BAD_SETTING. */
export function checkEstimateJob(given: unknown): EstimateJob {
  const job = withoutEmptyTrim(checkSettings(ESTIMATE_ROWS, given));
  checkOutput({ ...job, output: 'estimate.mkv', overwrite: false });
  return job;
}
