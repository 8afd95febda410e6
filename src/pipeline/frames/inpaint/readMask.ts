import { RemasterError } from '../../../errors';
import { resolveColour } from '../../media/colour';
import { openVideo } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { NO_FIELDS } from '../../media/fields';
import { requireWhole } from '../../media/imageSequence';
import { probe, type VideoInfo } from '../../media/probe';
import { storedOf } from '../../media/videoInfo';
import type { Area } from '../../../settings/crop';
import { dilate } from './dilate';

/** Returns the masks of frames, which must be requested in the order of their times. */
export interface MaskReader extends AsyncDisposable {
  /** [height, width], 255 where masked. `seconds` from the start of the video. The same array may be returned again. */
  at(seconds: number): Promise<Uint8Array>;
}

/** Seconds by which the times of a frame may differ in two files: some containers store milliseconds. */
const ROUNDING = 0.002;

/**
 * Probes a mask file. Errors: those of `probe`, and MASK_INVALID if its aspect ratio differs from that of the video.
 */
export async function probeMask(
  binary: FfmpegBinary,
  path: string,
  video: VideoInfo,
  sequenceRate: number,
  signal: AbortSignal,
): Promise<VideoInfo> {
  const mask = await probe(binary, path, signal, sequenceRate);
  const { path: folder, sequence } = mask.source;
  if (sequence !== null) requireWhole(folder, sequence); // the masks behind an empty one would come too early
  const crop = video.reading?.crop ?? null;
  const isCropped = crop !== null && mask.width === crop.width && mask.height === crop.height;
  checkShape(`The mask ${mask.source.path}`, mask, 'video', isCropped ? video : storedOf(video));
  return isCropped || crop === null ? mask : croppedMask(mask, crop, storedOf(video));
}

/** A mask of whole frames, cropped as they are. */
const croppedMask = (mask: VideoInfo, crop: Area, { width, height }: Size): VideoInfo => {
  const area = (side: 'width' | 'left' | 'height' | 'top', all: number, of: number): number =>
    Math.max(side === 'left' || side === 'top' ? 0 : 1, Math.round((of * crop[side]) / all));
  const part = {
    ...{ left: area('left', width, mask.width), width: area('width', width, mask.width) },
    ...{ top: area('top', height, mask.height), height: area('height', height, mask.height) },
  };
  const reading = { stored: mask, fields: NO_FIELDS, perTick: 1, crop: part, isAspectGiven: false, notes: [] };
  return { ...mask, width: part.width, height: part.height, reading };
};

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Throws MASK_INVALID if the aspect ratios differ by more than a pixel of rounding. */
export function checkShape(name: string, mask: Size, kind: 'video' | 'image', source: Size): void {
  const off = Math.abs(mask.width * source.height - mask.height * source.width);
  if (off <= Math.max(mask.width, mask.height, source.width, source.height)) return;
  const sizes = `${mask.width}×${mask.height} and the ${kind} ${source.width}×${source.height}`;
  throw new RemasterError('MASK_INVALID', `${name} is ${sizes}: the aspect ratios differ.`, {
    remedy: kind === 'video' ? 'Draw the mask on a frame of the video, as displayed.' : 'Draw the mask on the image.',
  });
}

/**
 * Reads a mask, scaled to the size of the video: an image applies to all frames; with a mask video, a frame gets the
 * mask that is shown at its time.
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
    temporalDenoise: 'off',
    hwaccel: 'off',
    isStretched: true,
    from: mask.source.isImage ? 0 : from,
  } as const;
  const video = openVideo(binary, { ...mask, width, height }, options, signal);
  const frames = video.read();
  const next = async (): Promise<TimedMask | null> => {
    const { value, done } = await frames.next();
    if (done) return null;
    const pixels = maskOf(value.data);
    dilate(pixels, width, height, growBy);
    return { from: (value.pts * mask.timeBase.num) / mask.timeBase.den, mask: pixels };
  };
  let before: TimedMask | null = null;
  let now: TimedMask | null = null;
  let ahead: TimedMask | null | undefined;
  return {
    async at(seconds) {
      if (ahead === undefined) {
        now = await next();
        if (!now) throw options.from > 0 ? tooShort(mask, `before ${options.from.toFixed(3)} s`) : empty(mask);
        ahead = await next();
      }
      while (ahead && ahead.from <= seconds + ROUNDING) [before, now, ahead] = [now, ahead, await next()];
      // The last mask lasts as long as the one before it; a single mask applies to the whole video.
      const ends = before && !ahead ? 2 * now!.from - before.from : Infinity;
      if (seconds > ends + ROUNDING) throw tooShort(mask, `at ${ends.toFixed(3)} s`);
      return now!.mask;
    },
    [Symbol.asyncDispose]: () => video[Symbol.asyncDispose](),
  };
}

/** A mask and the time from which it is shown, in seconds. */
interface TimedMask {
  readonly from: number;
  readonly mask: Uint8Array;
}

/** Pixels of at least half white are masked. The mask is grey, so the green sample suffices. */
export function maskOf(rgb: Uint8Array): Uint8Array {
  const mask = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < mask.length; i++) if (rgb[3 * i + 1]! > 127) mask[i] = 255;
  return mask;
}

const empty = ({ source }: VideoInfo): RemasterError =>
  new RemasterError('MASK_INVALID', `The mask ${source.path} contains no frames.`, {
    remedy: 'Create the mask again.',
  });

const tooShort = ({ source }: VideoInfo, when: string): RemasterError =>
  new RemasterError('MASK_INVALID', `The mask ${source.path} ends ${when}, before the video.`, {
    remedy: 'Use a mask as long as the video, or one image for all frames.',
  });
