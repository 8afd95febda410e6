import type { Frame } from '../../media/frame';

/**
 * Appends the time of every frame to `presentationTimes` and skips the frames that an earlier run has finished. They
 * are decoded again, which keeps scene cuts and order exact.
 */
export async function* skipFinished(
  frames: AsyncIterable<Frame>,
  finishedCount: number,
  presentationTimes: number[],
): AsyncGenerator<Frame> {
  for await (const frame of frames) {
    presentationTimes.push(frame.pts);
    if (presentationTimes.length > finishedCount) yield frame;
  }
}
