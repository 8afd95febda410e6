import type { JobRecord } from '../record/record';
import { SAMPLE_EVERY } from '../record/samplePixels';

/**
 * The frames to restore again, evenly spread. `isSameKind`: this machine makes the same bytes, so any frame can be
 * compared; else only those with a sample.
 */
export function chooseFrames(
  { result }: Pick<JobRecord, 'result'>,
  count: number,
  isSameKind: boolean,
): readonly number[] {
  const step = isSameKind ? 1 : SAMPLE_EVERY;
  const available = Math.ceil(result.frames / step);
  const chosen = Math.min(count, available);
  if (chosen === 1) return [0];
  return Array.from({ length: chosen }, (_, i) => Math.round((i * (available - 1)) / (chosen - 1)) * step);
}
