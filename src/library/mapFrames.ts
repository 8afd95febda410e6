import type { MonoTypeOperatorFunction } from 'rxjs';
import { errorLast } from '../pipeline/operators/errorLast';
import { fromFirst } from '../pipeline/operators/fromFirst';
import { mapInOrder } from '../pipeline/operators/mapInOrder';
import type { VideoFrame } from './videoFrame';

/**
 * An operator of your own that takes time: `work` gets one frame after the other. Unlike with `concatMap`, the source waits
 * for it, so that no more frames are in memory than the stream allows.
 */
export const mapFrames = (work: (frame: VideoFrame) => Promise<VideoFrame>): MonoTypeOperatorFunction<VideoFrame> =>
  errorLast(fromFirst(({ stream: { window } }) => mapInOrder(window, (frame: VideoFrame) => work(frame))));
