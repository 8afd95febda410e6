import type { Frame } from './frame';
import type { VideoInfo } from './probe';

/** The video scaled to at most `maxHeight` lines: same aspect ratio, even sides. */
export function limitHeight(info: VideoInfo, maxHeight: number | null): VideoInfo {
  if (maxHeight === null || info.height <= maxHeight) return info;
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  return { ...info, width: even((info.width * maxHeight) / info.height), height: even(maxHeight) };
}

/** Size of the output: that of the source times `scale`, with even sides where those of the source are even. */
export function scaledSize({ width, height }: Pick<VideoInfo, 'width' | 'height'>, scale: number) {
  const side = (length: number): number =>
    length % 2 === 0 ? Math.max(2, 2 * Math.round((length * scale) / 2)) : Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/**
 * Drops frames so that at most `maxFps` per second remain: in each interval of 1/maxFps seconds, the first frame is
 * kept. Calls `dropped` for each dropped frame.
 */
export async function* limitFrameRate(
  frames: AsyncIterable<Frame>,
  { timeBase }: Pick<VideoInfo, 'timeBase'>,
  maxFps: number | null,
  dropped: () => void,
): AsyncGenerator<Frame> {
  let lastInterval = -Infinity;
  for await (const frame of frames) {
    // A quarter of an interval early: times rounded to milliseconds must not fall into the previous interval.
    const interval = Math.floor(((frame.pts * timeBase.num) / timeBase.den) * (maxFps ?? 0) + 0.25);
    if (maxFps !== null && interval === lastInterval) {
      dropped();
      continue;
    }
    lastInterval = interval;
    yield frame;
  }
}
