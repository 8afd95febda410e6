import { RemasterError } from '../../errors';
import type { PixelFormat } from './describe/pixelFormat';

/** The colour tags of a stream, with ffmpeg's names; null: not tagged. */
export interface ColourTags {
  readonly matrix: string | null;
  readonly primaries: string | null;
  readonly transfer: string | null;
  readonly range: 'tv' | 'pc' | null;
}

/** How pixels are converted, both ways, and how the result is tagged. */
export interface Colour extends ColourTags {
  /** Never unknown: an untagged file is read as players read it, and the output is tagged. */
  readonly matrix: string;
  readonly range: 'tv' | 'pc';
}

/**
 * Fills in missing tags. Untagged video is BT.601 up to 576 lines and BT.709 above, as players assume. The output must
 * be tagged because it is larger: an untagged 320×240 clip upscaled to 1280×960 would change its colours in every
 * player.
 */
export function resolveColour(tags: ColourTags, { width, height, pixels }: PixelLayout): Colour {
  if (pixels.chroma === 'rgb') return { ...tags, matrix: 'gbr', range: 'pc' };
  const matrix = tags.matrix ?? (width > 1024 || height > 576 ? 'bt709' : 'smpte170m');
  if (!(matrix in SCALE_MATRIX)) {
    throw new RemasterError('SOURCE_UNREADABLE', `The colour matrix ${matrix} of the video is not supported.`, {
      remedy: 'Convert it to bt709 or bt2020nc first.',
    });
  }
  return { ...tags, matrix, range: tags.range ?? (pixels.isFullRange ? 'pc' : 'tv') };
}

export interface PixelLayout {
  readonly width: number;
  readonly height: number;
  readonly pixels: Pick<PixelFormat, 'chroma' | 'isFullRange'>;
}

/** Exact chroma interpolation and rounding; the defaults of swscale trade both for speed. */
const FLAGS = 'flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/** The scale filter's options from the stream's pixels to R′G′B′. */
export const toRgb = (colour: Colour): string =>
  colour.matrix === 'gbr'
    ? FLAGS
    : `in_color_matrix=${SCALE_MATRIX[colour.matrix]!}:in_range=${colour.range}:out_range=pc:${FLAGS}`;

/** The scale filter's options from R′G′B′ to pixels of this colour. */
export const fromRgb = (colour: Colour): string =>
  colour.matrix === 'gbr'
    ? FLAGS
    : `in_range=pc:out_color_matrix=${SCALE_MATRIX[colour.matrix]!}:out_range=${colour.range}:${FLAGS}`;

/** Options that tag the result. As numbers (H.273): the names differ between versions of ffmpeg. */
export function tagOptions(colour: Colour): string[] {
  const { matrix, primaries, transfer, range } = numbers(colour);
  return ['-colorspace', matrix, '-color_primaries', primaries, '-color_trc', transfer, '-color_range', range];
}

/** The filter that tags frames: newer versions of ffmpeg prefer the tags of a frame to the options of its encoder. */
export function tagFilter(colour: Colour): string {
  const { matrix, primaries, transfer, range } = numbers(colour);
  return `setparams=colorspace=${matrix}:color_primaries=${primaries}:color_trc=${transfer}:range=${range}`;
}

function numbers(colour: Colour): Readonly<Record<keyof ColourTags, string>> {
  const number = (table: Readonly<Record<string, number>>, name: string | null) => String((name && table[name]) || 2); // 2: unspecified
  return {
    matrix: String(MATRIX[colour.matrix]),
    primaries: number(PRIMARIES, colour.primaries),
    transfer: number(TRANSFER, colour.transfer),
    range: colour.range === 'pc' ? '2' : '1',
  };
}

/** Tags from numbers (H.273; range 1 is limited, 2 is full), as ffmpeg names them. 2 and unknown numbers: not tagged. */
export function numberedColour(tags: Readonly<Record<keyof ColourTags, number | null>>): ColourTags {
  const name = (table: Readonly<Record<string, number>>, number: number | null) =>
    Object.keys(table).find((each) => table[each] === number) ?? null;
  return {
    matrix: name(MATRIX, tags.matrix),
    primaries: name(PRIMARIES, tags.primaries),
    transfer: name(TRANSFER, tags.transfer),
    range: tags.range === 1 ? 'tv' : tags.range === 2 ? 'pc' : null,
  };
}

/** swscale's names of the matrices it supports. */
const SCALE_MATRIX: Readonly<Record<string, string>> = {
  gbr: 'gbr',
  bt709: 'bt709',
  fcc: 'fcc',
  bt470bg: 'bt470',
  smpte170m: 'smpte170m',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
};

const MATRIX: Readonly<Record<string, number>> = {
  ...{ gbr: 0, bt709: 1, fcc: 4, bt470bg: 5, smpte170m: 6, smpte240m: 7, ycgco: 8, bt2020nc: 9, bt2020c: 10 },
  ...{ smpte2085: 11, 'chroma-derived-nc': 12, 'chroma-derived-c': 13, ictcp: 14, 'ipt-c2': 15 },
  ...{ 'ycgco-re': 16, 'ycgco-ro': 17 },
};

/** Matrices that can be tagged, but not converted. */
export const UNSUPPORTED_MATRICES: readonly string[] = Object.keys(MATRIX).filter((name) => !(name in SCALE_MATRIX));

const PRIMARIES: Readonly<Record<string, number>> = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  film: 8,
  bt2020: 9,
  smpte428: 10,
  smpte431: 11,
  smpte432: 12,
  ebu3213: 22,
  'jedec-p22': 22,
};

const TRANSFER: Readonly<Record<string, number>> = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  linear: 8,
  log100: 9,
  log316: 10,
  'iec61966-2-4': 11,
  bt1361e: 12,
  'iec61966-2-1': 13,
  'bt2020-10': 14,
  'bt2020-12': 15,
  smpte2084: 16,
  smpte428: 17,
  'arib-std-b67': 18,
};
