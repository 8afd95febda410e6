import { RemasterError } from '../../errors';

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
export function resolveColour(tags: ColourTags, { width, height, isRgb, isFullRange }: PixelLayout): Colour {
  if (isRgb) return { ...tags, matrix: 'gbr', range: 'pc' };
  const matrix = tags.matrix ?? (width > 1024 || height > 576 ? 'bt709' : 'smpte170m');
  if (!(matrix in SCALE_MATRIX)) {
    throw new RemasterError('SOURCE_UNREADABLE', `The colour matrix ${matrix} of the video is not supported.`, {
      remedy: 'Convert it to bt709 or bt2020nc first.',
    });
  }
  return { ...tags, matrix, range: tags.range ?? (isFullRange ? 'pc' : 'tv') };
}

export interface PixelLayout {
  readonly width: number;
  readonly height: number;
  readonly isRgb: boolean;
  /** Pixel formats such as yuvj420p are full range by name. */
  readonly isFullRange: boolean;
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

/** Encoder options that tag the result. As numbers (H.273): the names differ between versions of ffmpeg. */
export function tagOptions(colour: Colour): string[] {
  const number = (table: Readonly<Record<string, number>>, name: string | null) => String((name && table[name]) || 2); // 2: unspecified
  return [
    '-colorspace',
    String(colour.matrix === 'gbr' ? 0 : MATRIX[colour.matrix]),
    '-color_primaries',
    number(PRIMARIES, colour.primaries),
    '-color_trc',
    number(TRANSFER, colour.transfer),
    '-color_range',
    colour.range === 'pc' ? '2' : '1',
  ];
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
  bt709: 1,
  fcc: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  bt2020nc: 9,
};

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
