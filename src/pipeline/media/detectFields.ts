import { ffmpegOutput } from './ffmpegOutput';
import type { FfmpegBinary } from './findFfmpeg';

/** What a video shows of its fields. */
export interface DetectedFields {
  readonly isInterlaced: boolean;
  /** The field that comes first, where its frames show it clearly; null: as the file says. */
  readonly fieldOrder: 'top' | 'bottom' | null;
  /** Whether it looks like 24p in 29.97i: every fifth frame repeats fields. */
  readonly isTelecined: boolean;
  /** Where its parts differ, in sentences. */
  readonly fieldNotes: readonly string[];
}

/** Frames analyzed of a short video to tell interlaced from progressive. */
const FIELD_SAMPLE = 120;
/** Parts of the video where frames are analyzed, and how many at each. */
const PLACES = [0.1, 0.3, 0.5, 0.7, 0.9];
const AT_EACH = 25;
/** Seconds from which five places are analyzed. */
const LONG = 15;
/** Frames that show which they are, of one place and of all: fewer decide nothing. */
const FEWEST = { place: 8, all: 10, order: 20 };
/** Share of the interlaced frames with the same field first that makes it the order of the video. */
const CLEAR = 0.9;
/**
 * Frames that look interlaced on their own, for each that does not, in a video without a flag: edges that only move up or down
 * look like fields to the comparison with the frames beside them.
 */
const ALONE = 3;
/** Share of frames that repeat a field: of telecined video 2 of 5. */
const REPEATED = { from: 0.3, to: 0.5 };

/** Codecs whose decoders always say whether a frame is interlaced, and codecs that are never interlaced. */
const ALWAYS_FLAGGED =
  /^(h264|hevc|vvc|mjpeg|av1|vp\d|theora|h26[13]|flv1|flashsv|svq|rv[1-4]0|gif|apng|png|webp|bmp|tiff|dpx|exr|jpeg2000|pgm|ppm)/;

/** What the file says of its fields; null: nothing. */
export type FieldFlag = boolean | null;

const PROGRESSIVE: DetectedFields = { isInterlaced: false, fieldOrder: null, isTelecined: false, fieldNotes: [] };

/** Known of the video before. */
interface Video {
  readonly stream: number;
  readonly codec: string;
  /** Seconds; null when unknown. */
  readonly duration: number | null;
  readonly framesPerSecond: number | null;
}

/**
 * Whether a video is interlaced, and how. Flagged video is often progressive (25p on DVD), and old codecs often have no
 * flag: then frames at five places decide, where they show it. A video that is interlaced at some of them is interlaced.
 */
export async function detectFields(
  binary: FfmpegBinary,
  input: readonly string[],
  video: Video,
  flag: FieldFlag,
  signal: AbortSignal,
): Promise<DetectedFields> {
  if (flag === false || (flag === null && ALWAYS_FLAGGED.test(video.codec))) return PROGRESSIVE;
  const { duration } = video;
  const places = duration !== null && duration >= LONG ? PLACES.map((place) => place * duration) : [null];
  const found: Counted[] = [];
  for (const at of places) found.push({ at, ...(await countFields(binary, input, video.stream, at, signal)) });
  return judged(found, flag, video.framesPerSecond);
}

interface FieldCounts {
  readonly top: number;
  readonly bottom: number;
  readonly progressive: number;
  /** Frames with a field of the frame before, and those without. */
  readonly repeating: number;
  readonly others: number;
  /** Frames that look interlaced or progressive without those beside them. */
  readonly alone: { readonly interlaced: number; readonly progressive: number };
}

interface Counted extends FieldCounts {
  /** Seconds; null: the start of the video. */
  readonly at: number | null;
}

function judged(places: readonly Counted[], flag: FieldFlag, framesPerSecond: number | null): DetectedFields {
  const sum = (count: (place: Counted) => number): number => places.reduce((all, place) => all + count(place), 0);
  const [top, bottom, progressive] = [sum((one) => one.top), sum((one) => one.bottom), sum((one) => one.progressive)];
  if (top + bottom + progressive < FEWEST.all) return { ...PROGRESSIVE, isInterlaced: flag === true };
  const clear = places.filter((one) => one.top + one.bottom + one.progressive >= FEWEST.place);
  const isInterlacedAt = (one: Counted): boolean => one.top + one.bottom > one.progressive;
  const interlaced = clear.filter(isInterlacedAt);
  const isInterlaced = places.length === 1 ? top + bottom > progressive : interlaced.length > 0;
  if (!isInterlaced) return PROGRESSIVE;
  const isTop = top >= CLEAR * (top + bottom);
  const isOrdered = (isTop || bottom >= CLEAR * (top + bottom)) && top + bottom >= FEWEST.order;
  const others = clear.filter((one) => !isInterlacedAt(one));
  const share =
    sum((one) => one.repeating) /
    Math.max(
      1,
      sum((one) => one.repeating + one.others),
    );
  const isTelecined = looksTelecined(share, framesPerSecond);
  const isSure = flag === true || isTelecined || isInterlacedAlone(places.length === 1 ? places : interlaced);
  if (!isSure) return PROGRESSIVE;
  return {
    isInterlaced,
    fieldOrder: isOrdered ? (isTop ? 'top' : 'bottom') : null,
    isTelecined,
    fieldNotes: [
      ...mixedNote(interlaced, others),
      ...(isOrdered || top + bottom < FEWEST.order
        ? []
        : ['The order of the fields differs between parts of the video; each frame is read as its own flag says.']),
    ],
  };
}

function isInterlacedAlone(places: readonly Counted[]): boolean {
  const interlaced = places.reduce((all, { alone }) => all + alone.interlaced, 0);
  const progressive = places.reduce((all, { alone }) => all + alone.progressive, 0);
  return interlaced >= FEWEST.all && interlaced >= ALONE * progressive;
}

const looksTelecined = (share: number, framesPerSecond: number | null): boolean =>
  share >= REPEATED.from && share <= REPEATED.to && Math.abs((framesPerSecond ?? 0) - 30000 / 1001) < 0.05;

function mixedNote(interlaced: readonly Counted[], progressive: readonly Counted[]): readonly string[] {
  if (progressive.length === 0) return [];
  const list = (places: readonly Counted[]): string => places.map(({ at }) => `${(at ?? 0).toFixed(1)} s`).join(', ');
  return [`The video is interlaced at ${list(interlaced)} and progressive at ${list(progressive)}.`];
}

async function countFields(
  binary: FfmpegBinary,
  input: readonly string[],
  stream: number,
  at: number | null,
  signal: AbortSignal,
): Promise<FieldCounts> {
  const print = "metadata=mode=print:file='pipe\\:1'"; // idet counts in the metadata of each frame
  const args = [
    ...(at === null ? [] : ['-ss', at.toFixed(6)]),
    ...[...input, '-map', `0:${stream}`, '-frames:v', String(at === null ? FIELD_SAMPLE : AT_EACH)],
    ...['-vf', `idet,${print}`, '-f', 'null', '-'],
  ];
  const text = (await ffmpegOutput(binary, args, signal)).toString();
  const last = (name: string): number =>
    Number([...text.matchAll(new RegExp(`^lavfi\\.idet\\.${name}=([\\d.]+)$`, 'gm'))].at(-1)?.[1] ?? 0);
  return {
    ...{ top: last('multiple.tff'), bottom: last('multiple.bff'), progressive: last('multiple.progressive') },
    repeating: last('repeated.top') + last('repeated.bottom'),
    others: last('repeated.neither'),
    alone: { interlaced: last('single.tff') + last('single.bff'), progressive: last('single.progressive') },
  };
}
