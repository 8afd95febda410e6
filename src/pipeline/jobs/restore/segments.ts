import { createVideo, type Encoding, type FrameSink } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import type { Segment } from '../segment';
import type { OutputFolder } from '../outputFolder';
import type { SpaceWatch } from './diskSpace';
import type { FrameRecorder } from './record/segmentHashes';

type WrittenFrame = Pick<Frame, 'width' | 'height' | 'depth' | 'data'>;

/**
 * Writes the video as segments of `length` frames, so that a resumed job uses the same boundaries. `recorder`: null for a
 * job without a record. Errors: DISK_FULL.
 */
export function segmentWriter(
  binary: FfmpegBinary,
  folder: OutputFolder,
  length: number,
  encoding: Encoding,
  space: SpaceWatch,
  recorder: FrameRecorder | null,
  signal: AbortSignal,
) {
  const segments: Segment[] = [...folder.done];
  /** Frames of finished segments do not come: those behind a gap are taken over when they are next. */
  const takeFinished = async (): Promise<void> => {
    for (let next = folder.later.get(segments.length); next; next = folder.later.get(segments.length)) {
      await folder.adopt([next]);
      recorder?.skip(next.frames);
      segments.push(next);
    }
  };
  let current: { readonly sink: FrameSink; readonly path: string; frames: number } | null = null;
  let isDisposed = false;
  let writing: Promise<void> = Promise.resolve();

  const close = async (): Promise<void> => {
    if (!current) return;
    const { sink, path, frames } = current;
    await sink.finish();
    await sink[Symbol.asyncDispose]();
    current = null;
    segments.push(await folder.commitSegment(path, frames, await recorder?.save(path)));
  };
  const write = async (frame: WrittenFrame): Promise<void> => {
    if (isDisposed) throw new Error('the job has ended');
    if (!current) {
      await takeFinished();
      const path = await folder.newSegment();
      current = { sink: createVideo(binary, path, encoding, signal), path, frames: 0 };
    }
    await Promise.all([current.sink.write(frame.data), recorder?.add(frame)]);
    current.frames++;
    if (current.frames < length) return;
    await close();
    await space.check(segments);
  };
  return {
    segments,
    /** One frame at a time. */
    write: (frame: WrittenFrame): Promise<void> => (writing = write(frame)),
    async finish(): Promise<void> {
      await close();
      await takeFinished();
      await space.check(segments, true);
    },
    /** A job may fail while a frame is being written. */
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await current?.sink[Symbol.asyncDispose]();
      await Promise.allSettled([writing]);
      await current?.sink[Symbol.asyncDispose](); // of a segment that this write has begun
    },
  };
}
