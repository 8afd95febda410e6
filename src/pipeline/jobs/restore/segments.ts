import { join } from 'node:path';
import { createVideo, type Encoding, type FrameSink } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import type { Segment } from '../../media/mux';
import type { OutputFolder } from '../outputFolder';

/** Writes the video as segments of `length` frames, so that a resumed job uses the same boundaries. */
export function segmentWriter(
  binary: FfmpegBinary,
  folder: OutputFolder,
  length: number,
  encoding: Encoding,
  signal: AbortSignal,
) {
  const segments: Segment[] = [...folder.done];
  let current: { sink: FrameSink; file: string; frames: number; firstPts: number; lastPts: number } | null = null;

  const close = async (): Promise<void> => {
    if (!current) return;
    const { sink, ...segment } = current;
    await sink.finish();
    await sink[Symbol.asyncDispose]();
    current = null;
    segments.push(segment);
    await folder.commitSegment(segment);
  };
  return {
    segments,
    async write(frame: Pick<Frame, 'pts' | 'data'>): Promise<void> {
      if (!current) {
        const file = `${String(segments.length).padStart(6, '0')}.${encoding.codec.segment}`;
        const sink = createVideo(binary, join(folder.folder, file), encoding, signal);
        current = { sink, file, frames: 0, firstPts: frame.pts, lastPts: frame.pts };
      }
      await current.sink.write(frame);
      current.frames++;
      current.lastPts = frame.pts;
      if (current.frames === length) await close();
    },
    finish: close,
    async [Symbol.asyncDispose]() {
      await current?.sink[Symbol.asyncDispose]();
    },
  };
}
