import type { ColourTags } from '../colour';
import type { Rational } from '../frame';
import { runFfmpegForText } from '../runFfmpeg';
import { type Chapter, type Flags, FLAGS, type MediaInfo, type SideData } from './mediaInfo';
import type { StreamInfo, Tags, VideoFormat } from './mediaInfo';
import { namedPixelFormat } from './pixelFormat';
import { unnamedSpeakers } from './speakers';

/** The parts of ffprobe's JSON that are read. Every one may be missing. */
interface Report {
  readonly streams?: readonly RawStream[];
  readonly chapters?: readonly { readonly start_time?: string; readonly tags?: Tags }[];
  readonly format?: { readonly duration?: string; readonly start_time?: string; readonly tags?: Tags };
}

interface RawStream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly pix_fmt?: string;
  readonly color_range?: string;
  readonly color_space?: string;
  readonly color_transfer?: string;
  readonly color_primaries?: string;
  readonly field_order?: string;
  readonly avg_frame_rate?: string;
  readonly r_frame_rate?: string;
  readonly time_base?: string;
  readonly start_time?: string;
  readonly closed_captions?: number;
  readonly channels?: number;
  readonly channel_layout?: string;
  readonly disposition?: Readonly<Partial<Record<string, number>>>;
  readonly tags?: Tags;
  readonly side_data_list?: readonly { readonly side_data_type?: string; readonly dv_profile?: number }[];
}

/** Describes a file with ffprobe, which prints JSON. Null when ffprobe cannot open the file. */
export async function describeWithFfprobe(
  ffprobe: string,
  input: readonly string[],
  signal: AbortSignal,
): Promise<MediaInfo | null> {
  const what = ['-show_streams', '-show_chapters', '-show_format'];
  const { stdout } = await runFfmpegForText(
    { path: ffprobe },
    ['-v', 'quiet', '-of', 'json', ...what, ...input],
    signal,
  );
  const report = parse(stdout);
  if (!report?.streams?.length) return null;
  const fileStart = seconds(report.format?.start_time) ?? 0;
  return {
    streams: report.streams.map((stream) => streamOf(stream, fileStart)),
    chapters: (report.chapters ?? []).map(chapterOf),
    tags: lowerCase(report.format?.tags),
    duration: positive(seconds(report.format?.duration)),
  };
}

/** A killed ffprobe leaves half of its JSON. */
function parse(text: string): Report | null {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return null;
  }
}

function streamOf(stream: RawStream, fileStart: number): StreamInfo {
  const kind = KINDS.find((each) => each === stream.codec_type) ?? 'unknown';
  const start = seconds(stream.start_time);
  return {
    index: stream.index,
    kind,
    codec: stream.codec_name ?? 'none',
    isCoverArt: stream.disposition?.['attached_pic'] === 1 || stream.disposition?.['still_image'] === 1,
    flags: flagsOf(stream.disposition ?? {}),
    tags: lowerCase(stream.tags),
    timeBase: fraction(stream.time_base) ?? { num: 1, den: 1000 },
    start: start === null ? null : Math.max(0, start - fileStart),
    video: kind === 'video' ? videoOf(stream) : null,
    speakers: stream.channels ? unnamedSpeakers(stream.channels, layoutOf(stream.channel_layout)) : null,
  };
}

const layoutOf = (name = ''): string | null => (/^(|unknown|\d+ channels.*)$/.test(name) ? null : name);

/** MP4 has one name each for texts of the deaf and captions, and for sound of the blind and descriptions. */
const flagsOf = (said: NonNullable<RawStream['disposition']>): Flags => ({
  ...Object.fromEntries(FLAGS.map((flag) => [flag, said[flag] === 1])),
  hearing_impaired: said['hearing_impaired'] === 1 || said['captions'] === 1,
  visual_impaired: said['visual_impaired'] === 1 || said['descriptions'] === 1,
});

const KINDS = ['video', 'audio', 'subtitle', 'data', 'attachment'] as const;

function videoOf(stream: RawStream): VideoFormat {
  const sideData = stream.side_data_list ?? [];
  const named = sideData.map(({ side_data_type: name }) => SIDE_DATA[name ?? '']).filter((name) => name !== undefined);
  const rate = fraction(stream.avg_frame_rate) ?? fraction(stream.r_frame_rate);
  return {
    pixels: namedPixelFormat(stream.pix_fmt ?? ''),
    colour: colourOf(stream),
    isInterlaced: INTERLACED[stream.field_order ?? ''] ?? null,
    framesPerSecond: rate && rate.num / rate.den,
    sideData: [...new Set(stream.closed_captions ? [...named, 'captions' as const] : named)],
    dolbyVisionProfile: sideData.find(({ dv_profile: profile }) => profile !== undefined)?.dv_profile ?? null,
  };
}

const colourOf = (stream: RawStream): ColourTags => {
  const tag = (name: string | undefined) => (!name || name === 'unknown' || name === 'reserved' ? null : name);
  const range = stream.color_range;
  return {
    matrix: tag(stream.color_space),
    primaries: tag(stream.color_primaries),
    transfer: tag(stream.color_transfer),
    range: range === 'tv' || range === 'pc' ? range : null,
  };
};

/** ffprobe's names of the orders of fields. */
const INTERLACED: Readonly<Record<string, boolean>> = { progressive: false, tt: true, bb: true, tb: true, bt: true };

const SIDE_DATA: Readonly<Record<string, SideData>> = {
  'Mastering display metadata': 'mastering',
  'Content light level metadata': 'light',
  'DOVI configuration record': 'dolbyVision',
  'Stereo 3D': 'stereo',
  'Spherical Mapping': 'spherical',
};

const chapterOf = ({ start_time: start, tags }: NonNullable<Report['chapters']>[number]): Chapter => ({
  start: seconds(start) ?? 0,
  title: lowerCase(tags)['title'] ?? '',
});

const lowerCase = (tags: Tags | undefined): Tags =>
  Object.fromEntries(Object.entries(tags ?? {}).map(([name, value]) => [name.toLowerCase(), value]));

const seconds = (text: string | undefined): number | null => {
  const value = Number(text ?? NaN);
  return Number.isFinite(value) ? value : null;
};

const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null);

/** `30000/1001`; null for `0/0` and the like. */
function fraction(text: string | undefined): Rational | null {
  const [num, den] = (text ?? '').split('/').map(Number);
  return num && den && num > 0 && den > 0 ? { num, den } : null;
}
