import { RemasterError } from '../../../errors';
import { resolveColour } from '../../media/colour';
import { openVideo } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { probe, type VideoInfo } from '../../media/probe';
import { dilate } from './dilate';

/** The mask of every frame, asked for in the order of their times. */
export interface MaskReader extends AsyncDisposable {
  /** [height, width], 255 in a hole. `seconds` from the start of the video. The same array may be given again. */
  at(seconds: number): Promise<Uint8Array>;
}

/** Seconds by which the times of one frame may differ in two files: some containers count in milliseconds. */
const ROUNDING = 0.002;

/** What a mask file holds. Errors: as `probe`, and MASK_INVALID when it has another shape than the film. */
export async function probeMask(
  binary: FfmpegBinary,
  path: string,
  film: VideoInfo,
  sequenceRate: number,
  signal: AbortSignal,
): Promise<VideoInfo> {
  const mask = await probe(binary, path, signal, sequenceRate);
  // The same shape, give or take the pixel that rounding costs.
  const off = Math.abs(mask.width * film.height - mask.height * film.width);
  if (off > Math.max(mask.width, mask.height, film.width, film.height)) {
    throw new RemasterError(
      'MASK_INVALID',
      `The mask ${mask.source.path} is ${mask.width}×${mask.height}, and the film ${film.width}×${film.height}: not the same shape.`,
      { remedy: 'Draw the mask on a frame of the film, as the film is shown.' },
    );
  }
  return mask;
}

/**
 * Reads a mask, scaled to the size of the film: a picture holds for all frames; of a video, a frame has the mask that is
 * shown at its time.
 */
export function readMask(
  binary: FfmpegBinary,
  mask: VideoInfo,
  { width, height }: { readonly width: number; readonly height: number },
  { from, growBy }: { readonly from: number; readonly growBy: number },
  signal: AbortSignal,
): MaskReader {
  const options = {
    colour: resolveColour(mask.colour, mask),
    depth: 8,
    deinterlace: false,
    temporalDenoise: 'off',
    hwaccel: 'off',
    from: mask.source.isImage ? 0 : from,
  } as const;
  const video = openVideo(binary, { ...mask, width, height }, options, signal);
  const frames = video.read();
  const next = async (): Promise<Shown | null> => {
    const { value, done } = await frames.next();
    if (done) return null;
    const holes = holesOf(value.data);
    dilate(holes, width, height, growBy);
    return { from: (value.pts * mask.timeBase.num) / mask.timeBase.den, holes };
  };
  let before: Shown | null = null;
  let now: Shown | null = null;
  let ahead: Shown | null | undefined;
  return {
    async at(seconds) {
      if (ahead === undefined) {
        now = await next();
        if (!now) throw empty(mask);
        ahead = await next();
      }
      while (ahead && ahead.from <= seconds + ROUNDING) [before, now, ahead] = [now, ahead, await next()];
      // The last mask lasts as long as the one before it; a mask of one frame holds for ever.
      const ends = before && !ahead ? 2 * now!.from - before.from : Infinity;
      if (seconds > ends + ROUNDING) throw tooShort(mask, ends);
      return now!.holes;
    },
    [Symbol.asyncDispose]: () => video[Symbol.asyncDispose](),
  };
}

/** A mask and the time from which it is shown, in seconds. */
interface Shown {
  readonly from: number;
  readonly holes: Uint8Array;
}

/** From half white on is a hole; the green sample stands for the pixel, which is grey. */
function holesOf(rgb: Uint8Array): Uint8Array {
  const holes = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < holes.length; i++) if (rgb[3 * i + 1]! > 127) holes[i] = 255;
  return holes;
}

const empty = ({ source }: VideoInfo): RemasterError =>
  new RemasterError('MASK_INVALID', `The mask ${source.path} holds no frames.`, { remedy: 'Make it again.' });

const tooShort = ({ source }: VideoInfo, ends: number): RemasterError =>
  new RemasterError('MASK_INVALID', `The mask ${source.path} ends at ${ends.toFixed(3)} s, and the film goes on.`, {
    remedy: 'Give a mask as long as the film, or one picture for all of it.',
  });
