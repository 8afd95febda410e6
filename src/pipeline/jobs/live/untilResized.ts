import type { FrameSize } from './frameSizes';

/** Frames that wait for their size; with more, the oldest is dropped. ffmpeg writes both at about the same time. */
const MOST_WAITING = 16;

/**
 * Passes frames on until one has another size than `sent`: ffmpeg scales that one like the others, which would distort
 * it. Frames and sizes come through different pipes, so a frame waits until its size is known.
 */
export function untilResized(
  sent: FrameSize,
  onFrame: (data: Uint8Array) => void,
  onResize: (size: FrameSize) => void,
): { frame(data: Uint8Array): void; size(size: FrameSize): void } {
  const waiting: Uint8Array[] = [];
  /** Frames of the right size that have not come yet; below 0: sizes of frames that were dropped. */
  let sized = 0;
  let isResized = false;
  const pass = (): void => {
    for (; sized > 0 && waiting.length > 0; sized--) onFrame(waiting.shift()!);
    if (waiting.length <= MOST_WAITING) return;
    waiting.shift();
    sized--;
  };
  return {
    frame(data) {
      waiting.push(data);
      pass();
    },
    size(size) {
      if (isResized) return;
      isResized = size.width !== sent.width || size.height !== sent.height;
      if (isResized) onResize(size);
      else sized++;
      pass();
    },
  };
}
