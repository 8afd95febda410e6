import type { OperatorFunction } from 'rxjs';
import { NO_METADATA } from '../pipeline/media/image/decodeImage';
import { encodeImage } from '../pipeline/media/image/encodeImage';
import { errorLast } from '../pipeline/operators/errorLast';
import { fromFirst } from '../pipeline/operators/fromFirst';
import { mapInOrder } from '../pipeline/operators/mapInOrder';
import { checkSettings } from '../settings/checkRows';
import { JPEG_ROWS } from '../settings/table';
import type { Values } from '../settings/row';
import type { VideoFrame } from './videoFrame';

export type JpegOptions = Partial<Values<typeof JPEG_ROWS>>;

/** A frame as the bytes of a JPEG file. */
export interface JpegFrame {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Index of the frame, counted from the first one read. */
  readonly index: number;
  /** Presentation time in seconds. */
  readonly time: number;
}

/** Encodes each frame as a JPEG. */
export function toJpeg(options: JpegOptions = {}): OperatorFunction<VideoFrame, JpegFrame> {
  const { quality } = checkSettings(JPEG_ROWS, options);
  const encode = fromFirst(({ stream: { window, timeBase } }: VideoFrame) =>
    mapInOrder(window, async ({ width, height, depth, data, index, pts }: VideoFrame) => {
      const image = {
        ...{ width, height, depth, data, alpha: null, isGrey: false, format: 'pixels' as const },
        ...NO_METADATA,
      };
      const encoded = await encodeImage(image, image, { width, height }, { format: 'jpeg', quality });
      return { data: encoded.data, width, height, index, time: (pts * timeBase.num) / timeBase.den };
    }),
  );
  return errorLast(encode);
}
