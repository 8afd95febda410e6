import { type ColourTags, UNSUPPORTED_MATRICES } from '../colour';
import type { VideoDescription } from '../describe/describeVideo';
import type { SideData } from '../describe/mediaInfo';
import type { PixelFormat } from '../describe/pixelFormat';
import type { Made } from './made';

const TAG_NAMES: Readonly<Record<keyof ColourTags, string>> = {
  matrix: 'colour matrix',
  primaries: 'colour primaries',
  transfer: 'transfer characteristics',
  range: 'colour range',
};

export function colourTags({ colour, container }: Made, result: VideoDescription): readonly string[] {
  return (['matrix', 'primaries', 'transfer', 'range'] as const)
    .filter((tag) => colour[tag] !== null && !isSaid(tag, colour[tag], result))
    .map((tag) => `The ${TAG_NAMES[tag]} ${colour[tag]} could not be stored in .${container} with this codec.`);
}

/** `resolveColour` refuses it before anything is written; R′G′B′ is read without one. */
export const matrix = ({ source: { colour, pixels } }: Made): readonly string[] =>
  pixels.chroma !== 'rgb' && UNSUPPORTED_MATRICES.includes(colour.matrix ?? '')
    ? [`its colour matrix ${colour.matrix} is not supported`]
    : [];

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

export const hdr = ({ source: { colour } }: Made): readonly string[] =>
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

export const sideData =
  (kind: keyof typeof SIDE_DATA) =>
  ({ source }: Made, result: VideoDescription): readonly string[] =>
    source.sideData.includes(kind) && !result.sideData.includes(kind) ? [SIDE_DATA[kind]] : [];

export const dolbyVision = ({ source: { dolbyVisionProfile: profile } }: Made): readonly string[] =>
  profile === null || profile === 5 ? [] : [`The metadata of Dolby Vision (profile ${profile}) was lost.`];

export const dolbyVision5 = ({ source: { dolbyVisionProfile: profile } }: Made): readonly string[] =>
  profile === 5 ? ['its colours are those of Dolby Vision profile 5, which ffmpeg cannot decode'] : [];

export const fields = ({ isInterlaced }: Made): readonly string[] =>
  isInterlaced ? ['The video is interlaced; each pair of fields became one frame.'] : [];

export const depth = ({ source }: Made, { pixels }: VideoDescription): readonly string[] =>
  source.pixels.bitDepth > pixels.bitDepth
    ? [`The video has ${source.pixels.bitDepth} bits per sample; the output has ${pixels.bitDepth}.`]
    : [];

export function subsampling({ source }: Made, { pixels }: VideoDescription): readonly string[] {
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

export const alpha = ({ source }: Made, result: VideoDescription): readonly string[] =>
  source.pixels.hasAlpha && !result.pixels.hasAlpha ? ['The transparency of the source was left out.'] : [];

export function aspect({ source }: Made, result: VideoDescription): readonly string[] {
  const ratio = (video: VideoDescription): number => video.pixelAspect.num / video.pixelAspect.den;
  if (Math.abs(ratio(source) / ratio(result) - 1) < 0.001) return [];
  return [`The pixel aspect ratio ${source.pixelAspect.num}:${source.pixelAspect.den} could not be stored.`];
}
