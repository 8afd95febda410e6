import { open } from 'node:fs/promises';
import type { Container } from '../../settings/container';
import { applyChange, UnknownStructure } from './fileChange';
import type { Rational } from './frame';
import { matroskaLastFrame } from './matroskaLastFrame';
import { mp4LastFrame } from './mp4LastFrame';

/**
 * Sets how long the last frame of the video (output stream 0) of a finished file is shown. `duration` in ticks of
 * `timeBase`. Returns false, with the file unchanged, where its structure is not the one ffmpeg writes. The file is
 * changed in place: a failed write leaves it damaged, and the caller syncs it.
 */
export async function setLastFrameDuration(
  path: string,
  container: Container,
  duration: { readonly ticks: number; readonly timeBase: Rational },
): Promise<boolean> {
  const { num, den } = duration.timeBase;
  const seconds: Rational = { num: duration.ticks * num, den };
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const plan = container === 'mkv' ? matroskaLastFrame : mp4LastFrame;
    const change = await plan(file, size, seconds).catch((error: unknown) => {
      // RangeError: an element is shorter than the fields it should have.
      if (error instanceof UnknownStructure || error instanceof RangeError) return null;
      throw error;
    });
    if (change) await applyChange(file, change);
    return change !== null;
  } finally {
    await file.close();
  }
}
