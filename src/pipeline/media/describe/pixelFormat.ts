/** How the samples of a frame are stored. */
export interface PixelFormat {
  /** Bits per sample. */
  readonly bitDepth: number;
  /** In the description of a video: and some pixel is not opaque. */
  readonly hasAlpha: boolean;
  /** Full range by its name, whatever the tags say. */
  readonly isFullRange: boolean;
  /** `rgb`, `gray`, or the subsampling of Y′CbCr. */
  readonly chroma: 'rgb' | 'gray' | Subsampling;
}

export type Subsampling = '4:2:0' | '4:2:2' | '4:4:4' | '4:4:0' | '4:1:1' | '4:1:0';

/** From ffmpeg's name: `yuv420p10le`. Null for a name that is none. */
export function namedPixelFormat(name: string): PixelFormat | null {
  const chroma = chromaOf(name);
  if (!chroma) return null;
  return {
    bitDepth: bitDepthOf(name),
    hasAlpha: /^(yuva|gbrap|argb|rgba|abgr|bgra|ya|rgbaf|ayuv|vuya|pal8)/.test(name),
    isFullRange: name.startsWith('yuvj') || chroma === 'gray',
    chroma,
  };
}

function chromaOf(name: string): PixelFormat['chroma'] | null {
  if (/^(gbr|rgb|bgr|argb|abgr|0rgb|0bgr|pal8|x2rgb|x2bgr|xyz|bayer)/.test(name)) return 'rgb';
  if (/^(gray|ya|mono)/.test(name)) return 'gray';
  return CHROMA.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

const CHROMA: readonly (readonly [RegExp, Subsampling])[] = [
  [/^(yuva?j?420|nv12|nv21|p01\d)/, '4:2:0'],
  [/^(yuva?j?422|yuyv|yvyu|uyvy|nv16|nv20|p21\d|y21\d)/, '4:2:2'],
  [/^(yuva?j?444|nv24|nv42|p41\d|vuy|ayuv|uyva|xv\d|y41\d|vyu444|v30x)/, '4:4:4'],
  [/^yuva?j?440/, '4:4:0'],
  [/^(yuva?j?411|uyyvyy)/, '4:1:1'],
  [/^yuva?j?410/, '4:1:0'],
];

function bitDepthOf(name: string): number {
  if (/^p[024]1[0-6]/.test(name)) return Number(name.slice(2, 4));
  const planar = /(?:p|gray|ya|xv|y2|y4)(9|10|12|14|16|30|32|36|48)(?:le|be|f32le|f32be)?$/.exec(name);
  if (planar) return PACKED_DEPTH[planar[1]!] ?? Number(planar[1]);
  if (/^(x2rgb10|x2bgr10|nv20|y210)/.test(name)) return 10;
  if (/^(y212)/.test(name)) return 12;
  if (/f(16|32)(le|be)$/.test(name)) return 16; // floating point
  return /^(rgb48|bgr48|rgba64|bgra64|ayuv64|xyz12|bayer_\w+16)/.test(name) ? (name.startsWith('xyz') ? 12 : 16) : 8;
}

/** Bits per sample of names that count the bits of a pixel. */
const PACKED_DEPTH: Readonly<Record<string, number>> = { 30: 10, 32: 16, 36: 12, 48: 16 };

/**
 * From the four bytes by which ffmpeg names the format of uncompressed video (libavcodec/raw.c). Null for bytes that name
 * none.
 */
export function taggedPixelFormat(tag: Buffer): PixelFormat | null {
  const name = tag.toString('latin1');
  const planar = planarTag(tag) ?? planarTag(Buffer.from(tag).reverse());
  if (planar) return planar;
  const known = TAGS[name] ?? TAGS[Buffer.from(tag).reverse().toString('latin1')];
  return known === undefined ? null : namedPixelFormat(known);
}

/** `Y3`, the subsampling, the depth; the first is G for planes of R′G′B′, and the digit counts the planes. */
function planarTag([first, digit, shifts, depth]: Buffer): PixelFormat | null {
  const planes = digit! - 0x30;
  const isRgb = first === 0x47;
  if ((first !== 0x59 && !isRgb) || planes < 1 || planes > 4 || depth! < 8 || depth! > 33) return null;
  const chroma = isRgb ? 'rgb' : planes < 3 ? 'gray' : SHIFTS[shifts!];
  if (!chroma) return null;
  return {
    bitDepth: Math.min(16, depth!),
    hasAlpha: planes === 2 || planes === 4,
    isFullRange: chroma === 'gray',
    chroma,
  };
}

const SHIFTS: Readonly<Record<number, Subsampling>> = { 0: '4:4:4', 1: '4:4:0', 10: '4:2:2', 11: '4:2:0' };

/** Tags that are names of their own; the order of their bytes is that of the samples. */
const TAGS: Readonly<Record<string, string>> = {
  ...{ I420: 'yuv420p', Y42B: 'yuv422p', '444P': 'yuv444p', '440P': 'yuv440p', Y41B: 'yuv411p', YUV9: 'yuv410p' },
  ...{ NV12: 'nv12', NV21: 'nv21', YUY2: 'yuyv422', UYVY: 'uyvy422', YVYU: 'yvyu422', Y800: 'gray' },
  ...{ B1W0: 'monow', B0W1: 'monob', 'PAL\b': 'pal8', R4BY: 'bgr4_byte', B4BY: 'rgb4_byte' },
  ...{
    RGBA: 'rgba',
    BGRA: 'bgra',
    ARGB: 'argb',
    ABGR: 'abgr',
    'RBA@': 'rgba64le',
    'BRA@': 'bgra64le',
    '@RBA': 'rgba64be',
    '@BRA': 'bgra64be',
  },
  ...{ 'RGB\0': 'rgb0', 'BGR\0': 'bgr0', '\0RGB': '0rgb', '\0BGR': '0bgr', RGB0: 'rgb48le', BGR0: 'bgr48le' },
  ...{ 'RGB\x18': 'rgb24', 'BGR\x18': 'bgr24', 'RGB\x10': 'rgb565le', 'BGR\x10': 'bgr565le' },
  ...{ 'RGB\x0c': 'rgb444le', 'BGR\x0c': 'bgr444le', 'RGB\x0f': 'rgb555le', 'BGR\x0f': 'bgr555le' },
  ...{ 'RGB\b': 'rgb8', 'BGR\b': 'bgr8', 'RGB\x04': 'rgb4', 'BGR\x04': 'bgr4', XYZ$: 'xyz12le' },
  ...{ AYUV: 'vuya', y408: 'ayuv', v408: 'uyva', v308: 'vyu444', v410: 'v30xle', Y410: 'xv30le', Y416: 'xv48le' },
  ...{ Y210: 'y210le', Y216: 'y216le' },
};
