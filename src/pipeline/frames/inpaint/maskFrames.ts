import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import type { VideoInfo } from '../../media/probe';
import { grow } from './dilate';
import type { Holes } from './inpaintSettings';
import { holesOfColour } from './keyColour';
import { type MaskReader, probeMask, readMask } from './readMask';

/** Marks the holes of every frame. */
export interface HoleMarker extends AsyncDisposable {
  /** Changes when other holes could be found: part of what names a job. */
  readonly version: unknown;
  /** Once. `from`: seconds of the film before which no frame comes. */
  mark(frames: AsyncIterable<Frame>, from: number): AsyncGenerator<Frame>;
}

export async function holeMarker(
  binary: FfmpegBinary,
  holes: Holes,
  film: VideoInfo,
  sequenceRate: number,
  signal: AbortSignal,
): Promise<HoleMarker> {
  if (holes.in === 'colour') {
    return {
      version: null,
      async *mark(frames) {
        for await (const frame of frames) {
          const mask = holesOfColour(frame, holes.colour, holes.tolerance);
          grow(mask, frame.width, frame.height, holes.grow);
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
    async *mark(frames, from) {
      reader = readMask(binary, info, film, { from, growBy: holes.grow }, signal);
      for await (const frame of frames) {
        const seconds = (frame.pts * film.timeBase.num) / film.timeBase.den;
        yield { ...frame, mask: await reader.at(seconds) };
      }
    },
    [Symbol.asyncDispose]: async () => reader?.[Symbol.asyncDispose](),
  };
}
