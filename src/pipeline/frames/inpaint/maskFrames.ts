import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import type { VideoInfo } from '../../media/probe';
import type { SourceFile } from '../../media/sourceFile';
import { dilate } from './dilate';
import type { InpaintSettings } from './inpaintSettings';
import { keyColourMask } from './keyColour';
import { type MaskReader, probeMask, readMask } from './readMask';

/** Adds the mask to every frame. */
export interface FrameMasker extends AsyncDisposable {
  /** Null when a colour marks the areas. */
  readonly source: SourceFile | null;
  /** May be called once. `from`: seconds of the video before which there is no frame. */
  maskFrames(frames: AsyncIterable<Frame>, from: number): AsyncGenerator<Frame>;
}

export async function frameMasker(
  binary: FfmpegBinary,
  settings: InpaintSettings,
  video: VideoInfo,
  sequenceRate: number,
  signal: AbortSignal,
): Promise<FrameMasker> {
  if (settings.from === 'colour') {
    return {
      source: null,
      async *maskFrames(frames) {
        for await (const frame of frames) {
          const mask = keyColourMask(frame, settings.colour, settings.tolerance);
          dilate(mask, frame.width, frame.height, settings.grow);
          yield { ...frame, mask };
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  }
  const info = await probeMask(binary, settings.path, video, sequenceRate, signal);
  let reader: MaskReader | null = null;
  return {
    source: info.source,
    async *maskFrames(frames, from) {
      reader = readMask(binary, info, video, { from, growBy: settings.grow }, signal);
      for await (const frame of frames) {
        const seconds = (frame.pts * video.timeBase.num) / video.timeBase.den;
        yield { ...frame, mask: await reader.at(seconds) };
      }
    },
    [Symbol.asyncDispose]: async () => reader?.[Symbol.asyncDispose](),
  };
}
