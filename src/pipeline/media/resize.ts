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
