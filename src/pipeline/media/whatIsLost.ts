import type { Container } from '../../settings/container';
import type { Colour, ColourTags } from './colour';
import type { VideoDescription } from './describe/describeVideo';
import { type SideData, type StreamInfo, type Tags, timecodeOf } from './describe/mediaInfo';
import type { PixelFormat } from './describe/pixelFormat';
import { isSameLanguage } from './streams/carriedStreams';
import { counterparts } from './streams/counterparts';
import type { DecidedStreams } from './streams/decideStreams';

/** What a result was made from, and how. */
export interface Made {
  readonly source: VideoDescription;
  readonly isInterlaced: boolean;
  readonly streams: DecidedStreams;
  readonly container: Container;
  /** Of the encoded frames. */
  readonly colour: Colour;
  /** Whether metadata, chapters and the like are wanted. */
  readonly extras: boolean;
  /** Whether a part of the source is left out on purpose. */
  readonly isCut: boolean;
}

/** A property of a source that a result may lack. */
export interface Loss {
  readonly kind: string;
  /** For the table in docs/losses.md. */
  readonly what: string;
  readonly outcome: string;
  /** `refused`: the result would be wrong, so the job ends before the first frame. */
  readonly verdict: 'warned' | 'refused';
  /** The losses, in words; empty: nothing. */
  find(made: Made, result: VideoDescription): readonly string[];
}

/** A difference between source and result, in words. */
export interface Lost {
  readonly kind: string;
  readonly verdict: Loss['verdict'];
  readonly message: string;
}

/**
 * Compares a result with its source. `result` may hold one frame and the first packets: then the losses are known before
 * the first frame is restored. Frames and their times are compared by `verify`.
 */
export const whatIsLost = (made: Made, result: VideoDescription): Lost[] =>
  LOSSES.flatMap(({ kind, verdict, find }) => find(made, result).map((message) => ({ kind, verdict, message })));

const nameOf = ({ kind, index, codec, isCoverArt }: StreamInfo): string =>
  `${isCoverArt ? 'cover image' : `${kind === 'unknown' ? '' : `${kind} `}stream`} ${index} (${codec === 'none' ? 'of unknown kind' : codec})`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A loss that a container with fewer limits avoids. */
const hint = (container: Container): string => (container === 'mkv' ? '' : ' An .mkv output keeps it.');

function leftStreams({ streams: { left }, container }: Made): readonly string[] {
  return left.map(({ stream, why }) => {
    if (why === 'empty') return `${capital(nameOf(stream))} is empty and was left out.`;
    if (stream.kind === 'video' && !stream.isCoverArt)
      return `${capital(nameOf(stream))} was left out: only the first video is restored.`;
    const keeps =
      stream.kind === 'subtitle' || stream.kind === 'attachment' || stream.isCoverArt ? hint(container) : '';
    return `${capital(nameOf(stream))} is not supported in .${container} and was left out.${keeps}`;
  });
}

const convertedStreams = ({ streams: { carried }, container }: Made): readonly string[] =>
  carried
    .filter(({ treatment: { becomes } }) => becomes !== null)
    .map(({ stream, treatment: { becomes, codec } }) =>
      stream.kind === 'audio'
        ? `${capital(nameOf(stream))} is not supported in .${container}; it was encoded as ${becomes}.`
        : `${capital(nameOf(stream))} was converted to ${becomes} (${codec}).`,
    );

/** Streams of the result that are not what was carried. */
function streamsOf({ streams: { carried } }: Made, { media }: VideoDescription): readonly string[] {
  const found = counterparts(carried, media);
  return carried
    .filter(({ stream }, i) => found[i]?.kind !== stream.kind)
    .map(({ stream }) => `${capital(nameOf(stream))} is missing in the output.`);
}

function languages({ streams: { carried } }: Made, { media }: VideoDescription): readonly string[] {
  const found = counterparts(carried, media);
  return carried.flatMap(({ stream }, i) => {
    const [before, after] = [languageOf(stream.tags), languageOf(found[i]?.tags ?? {})];
    return !found[i] || before === null || (after !== null && isSameLanguage(before, after))
      ? []
      : [`The language ${before} of ${nameOf(stream)} was lost.`];
  });
}

const languageOf = (tags: Tags): string | null =>
  tags['language'] === undefined || tags['language'] === 'und' ? null : tags['language'];

const TAG_NAMES: Readonly<Record<keyof ColourTags, string>> = {
  matrix: 'colour matrix',
  primaries: 'colour primaries',
  transfer: 'transfer characteristics',
  range: 'colour range',
};

function colourTags({ colour, container }: Made, result: VideoDescription): readonly string[] {
  return (['matrix', 'primaries', 'transfer', 'range'] as const)
    .filter((tag) => colour[tag] !== null && !isSaid(tag, colour[tag], result))
    .map((tag) => `The ${TAG_NAMES[tag]} ${colour[tag]} could not be stored in .${container} with this codec.`);
}

/** R′G′B′ needs no matrix and no range, and a limited range is what players assume. */
function isSaid(tag: keyof ColourTags, wanted: string, { colour, pixels }: VideoDescription): boolean {
  if (tag === 'range')
    return colour.range === wanted || (colour.range === null && (wanted === 'tv' || pixels.chroma === 'rgb'));
  if (tag === 'matrix' && wanted === 'gbr') return pixels.chroma === 'rgb';
  return colour[tag] === wanted;
}

const HDR: Readonly<Record<string, string>> = {
  smpte2084: 'PQ (HDR)',
  'arib-std-b67': 'HLG (HDR)',
  ...{ linear: 'linear', log100: 'logarithmic', log316: 'logarithmic' },
};

const hdr = ({ source: { colour } }: Made): readonly string[] =>
  colour.transfer !== null && colour.transfer in HDR
    ? [`The video is ${HDR[colour.transfer]}; the model works on its samples as if they were standard video.`]
    : [];

const SIDE_DATA: Readonly<Record<Exclude<SideData, 'dolbyVision'>, string>> = {
  mastering: 'The mastering display of HDR10 was lost.',
  light: 'The light levels of HDR10 were lost.',
  hdr10plus: 'The dynamic metadata of HDR10+ was lost.',
  captions: 'Closed captions in the video were lost.',
  stereo: 'The layout of the stereoscopic video was lost.',
  spherical: 'The projection of the spherical video was lost.',
};

const sideData =
  (kind: keyof typeof SIDE_DATA) =>
  ({ source }: Made, result: VideoDescription): readonly string[] =>
    source.sideData.includes(kind) && !result.sideData.includes(kind) ? [SIDE_DATA[kind]] : [];

const dolbyVision = ({ source: { dolbyVisionProfile: profile } }: Made): readonly string[] =>
  profile === null || profile === 5 ? [] : [`The metadata of Dolby Vision (profile ${profile}) was lost.`];

const dolbyVision5 = ({ source: { dolbyVisionProfile: profile } }: Made): readonly string[] =>
  profile === 5 ? ['its colours are those of Dolby Vision profile 5, which ffmpeg cannot decode'] : [];

const fields = ({ isInterlaced }: Made): readonly string[] =>
  isInterlaced ? ['The video is interlaced; each pair of fields became one frame.'] : [];

const depth = ({ source }: Made, { pixels }: VideoDescription): readonly string[] =>
  source.pixels.bitDepth > pixels.bitDepth
    ? [`The video has ${source.pixels.bitDepth} bits per sample; the output has ${pixels.bitDepth}.`]
    : [];

function subsampling({ source }: Made, { pixels }: VideoDescription): readonly string[] {
  const [before, after] = [RESOLUTION[source.pixels.chroma], RESOLUTION[pixels.chroma]];
  if (after >= before) return [];
  const name = source.pixels.chroma === 'rgb' ? 'R′G′B′' : source.pixels.chroma;
  return [
    `The video is ${name}; the output is ${pixels.chroma}. H.264, H.265 and FFV1 keep its colour resolution with the pixel format yuv444p.`,
  ];
}

/** Share of the samples of colour that is stored. */
const RESOLUTION: Readonly<Record<PixelFormat['chroma'], number>> = {
  ...{ rgb: 1, '4:4:4': 1, '4:2:2': 1 / 2, '4:4:0': 1 / 2, '4:2:0': 1 / 4, '4:1:1': 1 / 4, '4:1:0': 1 / 16, gray: 0 },
};

const alpha = ({ source }: Made, result: VideoDescription): readonly string[] =>
  source.pixels.hasAlpha && !result.pixels.hasAlpha ? ['The transparency of the source was left out.'] : [];

function aspect({ source }: Made, result: VideoDescription): readonly string[] {
  const ratio = (video: VideoDescription): number => video.pixelAspect.num / video.pixelAspect.den;
  if (Math.abs(ratio(source) / ratio(result) - 1) < 0.001) return [];
  return [`The pixel aspect ratio ${source.pixelAspect.num}:${source.pixelAspect.den} could not be stored.`];
}

function chapters({ source, extras, isCut }: Made, { media }: VideoDescription): readonly string[] {
  const count = source.media.chapters.length;
  return !extras || isCut || media.chapters.length >= count
    ? []
    : [`${count - media.chapters.length} chapters were lost.`];
}

function metadata({ source, extras, container }: Made, { media }: VideoDescription): readonly string[] {
  if (!extras) return [];
  const lost = Object.keys(source.media.tags).filter((name) => !TECHNICAL.test(name) && media.tags[name] === undefined);
  return lost.length === 0
    ? []
    : [`Metadata could not be stored in .${container}: ${lost.join(', ')}.${hint(container)}`];
}

/** Tags that describe the file itself. */
const TECHNICAL = /^(major_brand|minor_version|compatible_brands|encoder|duration|creation_time|timecode|.*writing.*)$/;

function timecode({ source, extras, isCut }: Made, result: VideoDescription): readonly string[] {
  const [before, after] = [timecodeOf(source.media), timecodeOf(result.media)];
  if (!extras || isCut || before === null || before === after) return [];
  return [`The time code ${before} was lost.`];
}

/** Everything that is compared, in the order of the warnings. */
export const LOSSES: readonly Loss[] = [
  warned('left', 'Streams that the container cannot hold, and further videos', 'left out', leftStreams),
  warned(
    'converted',
    'Streams in a codec that the container cannot hold',
    'converted, lossless where they were',
    convertedStreams,
  ),
  warned('streams', 'Sound, subtitles, covers, fonts, data', 'copied', streamsOf),
  warned('languages', 'Languages of streams', 'kept', languages),
  warned('colour', 'Matrix, primaries, transfer, range', 'kept', colourTags),
  warned('hdr', 'PQ, HLG, linear and logarithmic transfer', 'kept, but restored as standard video', hdr),
  warned('mastering', 'HDR10: mastering display', 'lost', sideData('mastering')),
  warned('light', 'HDR10: light levels', 'lost', sideData('light')),
  warned('hdr10plus', 'HDR10+', 'lost', sideData('hdr10plus')),
  warned('dolbyVision', 'Dolby Vision other than profile 5', 'its metadata is lost', dolbyVision),
  { ...warned('dolbyVision5', 'Dolby Vision profile 5', 'refused', dolbyVision5), verdict: 'refused' },
  warned('captions', 'Closed captions in the video', 'lost', sideData('captions')),
  warned('stereo', 'Stereoscopic layout', 'lost', sideData('stereo')),
  warned('spherical', 'Spherical projection', 'lost', sideData('spherical')),
  warned('fields', 'Fields of interlaced video', 'one frame for two fields', fields),
  warned('depth', 'Bits per sample', 'kept up to the depth of the codec', depth),
  warned('subsampling', 'Colour resolution', 'that of the pixel format', subsampling),
  warned('alpha', 'Transparency', 'left out', alpha),
  warned('aspect', 'Pixel aspect ratio', 'kept', aspect),
  warned('chapters', 'Chapters', 'kept', chapters),
  warned('metadata', 'Metadata: title, make, model, place, date', 'kept', metadata),
  warned('timecode', 'Time code', 'kept', timecode),
];

function warned(kind: string, what: string, outcome: string, find: Loss['find']): Loss {
  return { kind, what, outcome, verdict: 'warned', find };
}
