import type { FrameTraits } from '../../../settings/sourceTraits';
import type { FramePixels } from '../frame';
import { type Luma, noiseLevel } from './noiseLevel';

/** Longest side of the middle part of an image whose noise is measured. */
const MIDDLE = 1024;

/** What the choice of a model needs to know of an image. `bytes`: of its file; null for bare pixels. */
export function imageTraits(image: FramePixels, format: string, bytes: number | null): FrameTraits {
  const { width, height } = image;
  return {
    kind: 'image',
    width,
    height,
    framesPerSecond: null,
    isInterlaced: false,
    codec: format,
    bitsPerPixel: bytes === null ? null : (8 * bytes) / (width * height),
    noise: noiseLevel(middleOf(image)),
  };
}

/** BT.601 luma of the middle of an R′G′B′ image. */
function middleOf({ width, height, depth, data }: FramePixels): Luma {
  const [wide, high] = [Math.min(width, MIDDLE), Math.min(height, MIDDLE)];
  const [left, top] = [Math.floor((width - wide) / 2), Math.floor((height - high) / 2)];
  const bytes = depth / 8;
  const luma = new Uint8Array(wide * high);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const at = ((top + y) * width + left + x) * 3 * bytes + bytes - 1; // of 16 bits, little-endian, the high byte
      luma[y * wide + x] = 0.299 * data[at]! + 0.587 * data[at + bytes]! + 0.114 * data[at + 2 * bytes]!;
    }
  }
  return { width: wide, height: high, data: luma };
}
