import type { FrameTraits, SourceTraits } from './sourceTraits';

/** What a job wants of its model. */
export interface ModelWants {
  /** Output side ÷ source side; null = that of the model. */
  readonly scale: number | null;
  /** Null = the default of the model. */
  readonly steps: number | null;
  /** Areas of the source are to be filled. */
  readonly isMasked: boolean;
}

/** Models in the order of how well they suit, and why the first one does. */
export interface ModelWish {
  readonly models: readonly string[];
  readonly reason: string;
}

const LARGER = { x2: ['x2', 'x4', 'x4-live', 'restore'], x4: ['x4', 'x4-live', 'x2', 'restore'] } as const;
const LIVE = ['x4-live', 'x4', 'x2', 'restore'];
const SAME_SIZE = ['restore', 'x2', 'x4', 'x4-live'];

/** Pixels of a frame up to which four times the sides are wanted: 640×360, the frame that `x4` takes as one tile. */
const SMALL = 640 * 360;
/** Tapes and DVDs have at least this many: half a line of 352×576, or of 352×480 in America. */
const SMALLEST_TAPE = 352 * 480;
/** From here on a frame is as large as a screen wants it: 1280×534 is wide 720p. */
const SCREEN = 600_000;
/** More than that is larger than a 1080p screen: 2048×1080. */
const LARGE = 2_300_000;
/** The same for images: they are printed, and zoomed into. */
const SMALL_IMAGE = 2_000_000;
const LARGE_IMAGE = 8_000_000;

/** What a source wants: the only place where this is decided. */
export function wishFor(source: SourceTraits, wants: ModelWants): ModelWish {
  if (wants.isMasked) return { models: ['inpaint'], reason: 'a mask says what to fill' };
  if (source.kind === 'camera') return { models: LIVE, reason: 'a camera does not wait' };
  if (wants.scale !== null) return byScale(wants.scale);
  return source.kind === 'image' ? wishOfImage(source) : wishOfVideo(source);
}

function byScale(scale: number): ModelWish {
  const reason = `the result is to be ${scale} times as large`;
  if (scale > 2) return { models: LARGER.x4, reason };
  return { models: scale > 1 ? LARGER.x2 : SAME_SIZE, reason };
}

function wishOfImage(image: FrameTraits): ModelWish {
  const pixels = image.width * image.height;
  const size = `it has ${image.width}×${image.height} pixels`;
  if (pixels <= SMALL_IMAGE) return { models: LARGER.x4, reason: size };
  const damage = damageOf(image);
  if (pixels > LARGE_IMAGE && damage !== null) return { models: SAME_SIZE, reason: `${size} and ${damage}` };
  return { models: LARGER.x2, reason: size };
}

function wishOfVideo(video: FrameTraits): ModelWish {
  const pixels = video.width * video.height;
  const damage = damageOf(video);
  const size = `${video.width}×${video.height}`;
  if (pixels > LARGE) return { models: SAME_SIZE, reason: `it is large already, with ${size}` };
  if (pixels >= SCREEN) {
    if (damage === null) return { models: LARGER.x2, reason: `it is clean at ${size}: only larger is better` };
    return { models: SAME_SIZE, reason: `it is large enough at ${size}, and ${damage}` };
  }
  if (pixels >= SMALLEST_TAPE && isTapeOrDisc(video)) {
    const kind = `it is ${video.isInterlaced ? 'interlaced' : video.codec} at ${size}, as tapes and DVDs are`;
    if (isNoisy(video)) return { models: SAME_SIZE, reason: `${kind}, and ${damage!}` };
    return { models: LARGER.x2, reason: kind };
  }
  if (pixels <= SMALL) return { models: LARGER.x4, reason: `it is small, with ${size}` };
  return { models: LARGER.x2, reason: `twice ${size} fills a screen` };
}

/** Codecs in which tapes are captured and DVDs are stored; MPEG-1 is that of small discs. */
const TAPE_CODECS =
  /^(mpeg2video|dvvideo|ffv1|huffyuv|ffvhuff|utvideo|magicyuv|rawvideo|v210|r210|prores|dnxhd|mjpeg[ab]?)$/;

const isTapeOrDisc = ({ isInterlaced, codec }: FrameTraits): boolean => isInterlaced || TAPE_CODECS.test(codec);

/** What a model of the same size would remove, in words; null = nothing. */
function damageOf(source: FrameTraits): string | null {
  if (isNoisy(source)) return `noisy (${source.noise!.toFixed(1)} of 255)`;
  const bits = bitsAsH264(source);
  if (bits === null || bits >= STARVED[source.kind]) return null;
  return `strongly compressed (${source.bitsPerPixel!.toPrecision(2)} bits per pixel)`;
}

/** Noise from which on `restore` gains more than it takes; see decision 85. At 24 frames per second, film grain is part of the video. */
const NOISE = 3.5;
const GRAIN = 8;

function isNoisy({ noise, framesPerSecond, isInterlaced }: FrameTraits): boolean {
  const isCinema = framesPerSecond !== null && Math.abs(framesPerSecond - 24) < 0.1 && !isInterlaced;
  return (noise ?? 0) >= (isCinema ? GRAIN : NOISE);
}

/** Bits per pixel of H.264 below which blocks and smears show. Of images: a JPEG of quality 50 has about 0.6. */
const STARVED = { video: 0.03, image: 0.6 } as const;

/**
 * Bits that H.264 takes for a picture as good as one bit of a codec, by rules of thumb: each generation of codecs halves
 * the rate. Codecs that are not here lose nothing, or it is unknown what.
 */
const WORTH: Readonly<Record<string, number>> = {
  ...{ mpeg1video: 0.4, mpeg2video: 0.5, h263: 0.6, flv1: 0.6, wmv1: 0.6, wmv2: 0.6, msmpeg4v2: 0.6, msmpeg4v3: 0.7 },
  ...{ mpeg4: 0.7, rv40: 0.8, vp6f: 0.8, wmv3: 0.8, vc1: 0.9, vp8: 0.9, theora: 0.6, h264: 1 },
  ...{ hevc: 1.7, vp9: 1.6, av1: 2, vvc: 2.5 },
  ...{ mjpeg: 0.2, jpeg: 1, webp: 1.4 },
};

function bitsAsH264({ codec, bitsPerPixel }: FrameTraits): number | null {
  const worth = WORTH[codec];
  return worth === undefined || bitsPerPixel === null ? null : bitsPerPixel * worth;
}
