import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import type { VideoInfo } from '../../media/probe';
import { dilate } from './dilate';
import type { InpaintSettings } from './inpaintSettings';
import { keyColourMask } from './keyColour';
import { type MaskReader, probeMask, readMask } from './readMask';

/** Marks the holes of every frame. */
export interface FrameMasker extends AsyncDisposable {
  /** Changes when other holes could be found: part of what names a job. */
  readonly version: unknown;
  /** Once. `from`: seconds of the film before which no frame comes. */
  maskFrames(frames: AsyncIterable<Frame>, from: number): AsyncGenerator<Frame>;
}

export async function frameMasker(
  binary: FfmpegBinary,
  holes: InpaintSettings,
  film: VideoInfo,
  sequenceRate: number,
  signal: AbortSignal,
): Promise<FrameMasker> {
  if (holes.in === 'colour') {
    return {
      version: null,
      async *maskFrames(frames) {
        for await (const frame of frames) {
          const mask = keyColourMask(frame, holes.colour, holes.tolerance);
          dilate(mask, frame.width, frame.height, holes.grow);
          yield { ...frame, mask };
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  }
  const info = await probeMask(binary, holes.path, film, sequenceRate, signal);
  let reader: MaskReader | null = null;
  return {
    version: info.source,
    async *maskFrames(frames, from) {
      reader = readMask(binary, info, film, { from, growBy: holes.grow }, signal);
      for await (const frame of frames) {
        const seconds = (frame.pts * film.timeBase.num) / film.timeBase.den;
        yield { ...frame, mask: await reader.at(seconds) };
      }
    },
    [Symbol.asyncDispose]: async () => reader?.[Symbol.asyncDispose](),
  };
}
