import type { VideoInfo } from './probe';

type Size = Pick<VideoInfo, 'width' | 'height'>;

/** The nearest even length of a side. */
export const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));

/** The video scaled to at most `maxHeight` lines: same aspect ratio, even sides. */
export function limitHeight<T extends Size>(info: T, maxHeight: number | null): T {
  if (maxHeight === null || info.height <= maxHeight) return info;
  return { ...info, width: even((info.width * maxHeight) / info.height), height: even(maxHeight) };
}

/** Size of the output: that of the source times `scale`, with even sides where those of the source are even. */
export function scaledSize({ width, height }: Size, scale: number): Size {
  const side = (length: number): number =>
    length % 2 === 0 ? even(length * scale) : Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}
