import type { Frame } from './frame';
import type { VideoInfo } from './probe';

/** The video as it is decoded for the job: with `maxHeight` lines at most, the sides in proportion and even. */
export function limitHeight(info: VideoInfo, maxHeight: number | null): VideoInfo {
  if (maxHeight === null || info.height <= maxHeight) return info;
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  return { ...info, width: even((info.width * maxHeight) / info.height), height: even(maxHeight) };
}

/** Sides of the result: of the source times `scale`, and even where the source's are. */
export function scaledSize({ width, height }: Pick<VideoInfo, 'width' | 'height'>, scale: number) {
  const side = (length: number): number =>
    length % 2 === 0 ? Math.max(2, 2 * Math.round((length * scale) / 2)) : Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/**
 * Leaves frames out so that at most `maxFps` a second remain: of the frames whose times fall into one slot of the slower
 * rhythm, the first. `dropped` is told of every frame left out.
 */
export async function* limitFrameRate(
  frames: AsyncIterable<Frame>,
  { timeBase }: Pick<VideoInfo, 'timeBase'>,
  maxFps: number | null,
  dropped: () => void,
): AsyncGenerator<Frame> {
  let filled = -Infinity;
  for await (const frame of frames) {
    // A quarter of a slot early: times rounded to milliseconds must not fall back into the slot before.
    const slot = Math.floor(((frame.pts * timeBase.num) / timeBase.den) * (maxFps ?? 0) + 0.25);
    if (maxFps !== null && slot === filled) {
      dropped();
      continue;
    }
    filled = slot;
    yield frame;
  }
}
