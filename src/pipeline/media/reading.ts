import { areaOf, type Area, parseCrop } from '../../settings/crop';
import { framesPerStored } from '../../settings/fieldRate';
import type { Job, ReadingSettings } from '../../settings/restoreJob';
import { aspectFilter, pixelAspectOf } from './aspect';
import { detectBars } from './detectBars';
import { fieldFilters, fieldReading, type FieldReading, TICKS_PER_SOURCE } from './fields';
import type { FfmpegBinary } from './findFfmpeg';
import { limitHeight } from './resize';
import type { VideoInfo } from './videoInfo';

/** Clocks of NUT and MP4 count no more ticks per second. */
const MAX_TICKS = 2 ** 31 - 1;

/**
 * Describes a video as its frames come to the model: with the fields as frames, cropped, scaled to the maximum height, with
 * the shape that the job says. Errors: BAD_SETTING for a crop that does not fit the video.
 */
export async function readAs(
  binary: FfmpegBinary,
  stored: VideoInfo,
  job: ReadingSettings,
  signal: AbortSignal,
): Promise<VideoInfo> {
  const fields = fieldReading(stored, job);
  const { crop, notes } = await cropOf(binary, stored, job, signal);
  const { timeBase, framesPerSecond, width, height } = stored;
  const ticks = TICKS_PER_SOURCE[fields.mode];
  const perTick = timeBase.den * ticks <= MAX_TICKS ? ticks : 1;
  const pixelAspect = pixelAspectOf(job.aspect, stored);
  return limitHeight<VideoInfo>(
    {
      ...stored,
      ...(crop ?? { width, height }),
      pixelAspect: pixelAspect ?? stored.pixelAspect,
      timeBase: { num: timeBase.num, den: timeBase.den * perTick },
      framesPerSecond: framesPerSecond === null ? null : framesPerSecond * framesPerStored(fields.mode),
      reading: {
        ...{ stored, fields, perTick, crop, isAspectGiven: pixelAspect !== null },
        notes: [...fieldNotes(stored, fields), ...notes],
      },
    },
    job.maxHeight,
  );
}

/** Worth knowing of a video whose fields become frames. */
function fieldNotes({ isTelecined, fieldNotes: notes }: VideoInfo, { mode }: FieldReading): readonly string[] {
  if (mode === 'none') return [];
  return isTelecined && mode !== 'telecine' ? [...notes, TELECINED] : notes;
}

const TELECINED =
  'Every fifth frame repeats fields, as in 24p that became 29.97i: deinterlace “telecine” restores its 23.976 frames per second.';

async function cropOf(
  binary: FfmpegBinary,
  stored: VideoInfo,
  { crop: text, trim }: Pick<Job, 'crop' | 'trim'>,
  signal: AbortSignal,
): Promise<{ readonly crop: Area | null; readonly notes: readonly string[] }> {
  if (text === null) return { crop: null, notes: [] };
  const wanted = parseCrop(text);
  if (wanted.kind !== 'auto') return { crop: unlessWhole(areaOf(wanted, stored), stored), notes: [] };
  const { bars, why } = await detectBars(binary, stored, trim, signal);
  const crop = bars && unlessWhole(areaOf({ kind: 'sides', ...bars }, stored), stored);
  const { width, height } = stored;
  if (crop === null) return { crop, notes: [`Nothing was cut off: ${why ?? 'there are no black bars'}.`] };
  const place = `${crop.width}×${crop.height} of ${width}×${height}, at ${crop.left}, ${crop.top}`;
  return { crop, notes: [`Black bars were cut off: ${place}.`] };
}

const unlessWhole = (area: Area, { width, height }: Pick<VideoInfo, 'width' | 'height'>): Area | null =>
  area.width === width && area.height === height ? null : area;

/** The filters between the decoder and the scaling of a video. */
export function readingFilters(info: VideoInfo): {
  readonly fields: readonly string[];
  readonly frame: readonly string[];
} {
  const { reading, pixelAspect } = info;
  if (!reading) return { fields: [], frame: [] };
  return {
    fields: fieldFilters(reading.fields),
    frame: [
      ...(reading.crop ? [cropFilter(reading.crop, reading.stored)] : []),
      ...(reading.isAspectGiven ? [aspectFilter(pixelAspect)] : []),
    ],
  };
}

/** In parts of the frame: of one with another size, such as a mask, the same part is taken. */
function cropFilter({ width, height, left, top }: Area, whole: Pick<VideoInfo, 'width' | 'height'>): string {
  const of = (side: string, part: number, all: number): string => `'round(${side}*${part}/${all})'`;
  const [w, h] = [of('iw', width, whole.width), of('ih', height, whole.height)];
  return `crop=${w}:${h}:${of('iw', left, whole.width)}:${of('ih', top, whole.height)}`;
}
