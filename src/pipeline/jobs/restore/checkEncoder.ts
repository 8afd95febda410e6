import { join } from 'node:path';
import { RemasterError } from '../../../errors';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { canJoin } from '../../media/joinNut';
import { readNutStream } from '../../media/readNut';
import { frameCount } from '../segment';
import type { OutputFolder } from '../outputFolder';
import { TRIAL_FILE } from './trial';

/**
 * Checks, with the segment of the trial, that the segments of another ffmpeg can be continued by this one. Returns a warning
 * that names both; errors: RESUME_MISMATCH.
 */
export async function checkEncoder(
  binary: FfmpegBinary,
  { folder, done, otherFfmpegs }: OutputFolder,
): Promise<string[]> {
  if (done.length === 0 || otherFfmpegs.length === 0) return [];
  const [first, trial] = [
    await readNutStream(join(folder, done[0]!.file)),
    await readNutStream(join(folder, TRIAL_FILE)),
  ];
  const [frames, others] = [frameCount(done), otherFfmpegs.join(' and ')];
  if (canJoin(first, trial))
    return [`The first ${frames} frames were encoded by ffmpeg ${others}, the others by ${binary.version}.`];
  throw new RemasterError(
    'RESUME_MISMATCH',
    `${frames} finished frames were encoded by ffmpeg ${others}, and ffmpeg ${binary.version} cannot continue them.`,
    { remedy: 'Use that ffmpeg, see REMASTER_FFMPEG, or discard the frames: --discard, or Discard in the node.' },
  );
}
