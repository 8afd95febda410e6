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
  /** May be called once, for frames in order. `from`: seconds of the video before which there is no frame. */
  masking(from: number): (frame: Frame) => Promise<Frame>;
}

/** Marks a colour. */
export const colourMasker = ({
  colour,
  tolerance,
  grow,
}: Extract<InpaintSettings, { from: 'colour' }>): FrameMasker => ({
  source: null,
  masking: () => async (frame) => {
    const mask = keyColourMask(frame, colour, tolerance);
    dilate(mask, frame.width, frame.height, grow);
    return { ...frame, mask };
  },
  async [Symbol.asyncDispose]() {},
});

export async function frameMasker(
  binary: FfmpegBinary,
  settings: InpaintSettings,
  video: VideoInfo,
  sequenceRate: number,
  signal: AbortSignal,
): Promise<FrameMasker> {
  if (settings.from === 'colour') return colourMasker(settings);
  const info = await probeMask(binary, settings.path, video, sequenceRate, signal);
  let reader: MaskReader | null = null;
  return {
    source: info.source,
    masking(from) {
      const masks = (reader = readMask(binary, info, video, { from, growBy: settings.grow }, signal));
      return async (frame) => {
        const seconds = (frame.pts * video.timeBase.num) / video.timeBase.den;
        return { ...frame, mask: await masks.at(seconds) };
      };
    },
    [Symbol.asyncDispose]: async () => reader?.[Symbol.asyncDispose](),
  };
}
