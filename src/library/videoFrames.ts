import { map, type Observable, tap } from 'rxjs';
import { BackpressureWindow } from '../async/backpressure';
import { resolveColour } from '../pipeline/media/colour';
import { type FrameSource, openVideo } from '../pipeline/media/decode';
import { findFfmpeg } from '../pipeline/media/findFfmpeg';
import { probe } from '../pipeline/media/probe';
import { limitHeight } from '../pipeline/media/resize';
import { SEEK_MARGIN } from '../pipeline/media/trim';
import { limitFrameRate } from '../pipeline/operators/limitFrameRate';
import { pullFrames } from '../pipeline/operators/pullFrames';
import { trimFrames } from '../pipeline/operators/trimFrames';
import { withResource } from '../pipeline/operators/withResource';
import { checkFramesJob, type FramesJob } from '../settings/framesJob';
import type { FrameStream, VideoFrame } from './videoFrame';

/** How a file is read. */
export type ReadOptions = Partial<
  Pick<FramesJob, 'trim' | 'maxFps' | 'maxHeight' | 'sequenceRate' | 'deinterlace' | 'temporalDenoise' | 'hwaccel'>
>;

/** Frames alive at the same time until an operator needs more. */
const WINDOW = 3;

/**
 * The frames of a video file or of a folder of images, each read when there is room for it. Errors: those of `probe`,
 * BAD_SETTING.
 */
export const videoFrames = (input: string, options: ReadOptions = {}): Observable<VideoFrame> =>
  withResource(
    (signal) => openFile(checkFramesJob({ ...options, input }), signal),
    ({ frames, stream, job, onEnd }) =>
      pullFrames(frames.read(), stream.window).pipe(
        trimFrames(stream, job),
        limitFrameRate(stream, job.maxFps, () => {}),
        tap({ complete: onEnd }), // not if it is left before the end of its range
        map((frame) => ({ ...frame, stream })),
      ),
  );

interface OpenFile extends AsyncDisposable {
  readonly frames: FrameSource;
  readonly stream: FrameStream;
  readonly job: FramesJob;
  readonly onEnd: () => void;
}

async function openFile(job: FramesJob, signal: AbortSignal): Promise<OpenFile> {
  const binary = await findFfmpeg();
  const source = await probe(binary, job.input, signal, job.sequenceRate);
  const info = limitHeight(source, job.maxHeight);
  const from = Math.max(0, (job.trim?.start ?? 0) - SEEK_MARGIN);
  const { temporalDenoise, hwaccel } = job;
  const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
  const colour = resolveColour(source.colour, source); // a missing tag is guessed by the size of the source
  const decoding = { deinterlace, temporalDenoise, hwaccel, from, withShotFirstFrame: true } as const;
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const frames = openVideo(binary, info, { ...decoding, colour, depth }, signal);
  let isRead = false;
  const { timeBase, pixelAspect, framesPerSecond } = info;
  const file = { source, info, settings: job, from, decoded: frames.decoded, isRead: () => isRead };
  const window = new BackpressureWindow(WINDOW);
  return {
    frames,
    stream: { timeBase, pixelAspect, framesPerSecond, colour, binary, window, file },
    job,
    onEnd: () => (isRead = true),
    [Symbol.asyncDispose]: () => frames[Symbol.asyncDispose](),
  };
}
