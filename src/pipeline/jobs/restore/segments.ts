import { join } from 'node:path';
import { createVideo, type Encoding, type FrameSink } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import type { Segment } from '../../media/mux';
import type { OutputFolder } from '../outputFolder';

/** The film as a row of finished pieces of `length` frames, so that an interrupted job cuts at the same places again. */
export function segmentWriter(
  binary: FfmpegBinary,
  place: OutputFolder,
  length: number,
  encoding: Encoding,
  signal: AbortSignal,
) {
  const segments: Segment[] = [...place.done];
  let open: { sink: FrameSink; file: string; frames: number; firstPts: number; lastPts: number } | null = null;

  const close = async (): Promise<void> => {
    if (!open) return;
    const { sink, ...segment } = open;
    await sink.finish();
    await sink[Symbol.asyncDispose]();
    open = null;
    segments.push(segment);
    await place.commitSegment(segment);
  };
  return {
    segments,
    async write(frame: Pick<Frame, 'pts' | 'data'>): Promise<void> {
      if (!open) {
        const file = `${String(segments.length).padStart(6, '0')}.${encoding.codec.segment}`;
        const sink = createVideo(binary, join(place.folder, file), encoding, signal);
        open = { sink, file, frames: 0, firstPts: frame.pts, lastPts: frame.pts };
      }
      await open.sink.write(frame);
      open.frames++;
      open.lastPts = frame.pts;
      if (open.frames === length) await close();
    },
    finish: close,
    async [Symbol.asyncDispose]() {
      await open?.sink[Symbol.asyncDispose]();
    },
  };
}
