import { RemasterError } from '../errors';

/** The parts of each frame that are cut off before the model. */
export type Crop =
  /** Black bars, found by looking at the video. */
  | { readonly kind: 'auto' }
  | ({ readonly kind: 'area' } & Area)
  | ({ readonly kind: 'sides' } & Readonly<Record<Side, Length>>);

/** Part of a frame, in pixels. */
export interface Area {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

/** `share`: of the width or the height. */
export type Length =
  { readonly unit: 'pixels'; readonly count: number } | { readonly unit: 'share'; readonly share: number };

export type Side = 'left' | 'top' | 'right' | 'bottom';

/** What televisions hid at each side: the edges of tapes are no picture. */
const OVERSCAN: Length = { unit: 'share', share: 0.025 };
const NOTHING: Length = { unit: 'pixels', count: 0 };
const MAX_SIDE = 65_536;

/** Parses `auto`, `overscan`, `704:576:8:0` or `bottom=8,left=2%`. Throws BAD_SETTING. */
export function parseCrop(text: string): Crop {
  const words = text.trim().toLowerCase();
  if (words === 'auto') return { kind: 'auto' };
  if (words === 'overscan') return { kind: 'sides', left: OVERSCAN, top: OVERSCAN, right: OVERSCAN, bottom: OVERSCAN };
  const area = /^(\d{1,5}):(\d{1,5}):(\d{1,5}):(\d{1,5})$/.exec(words);
  if (area) {
    const [width, height, left, top] = area.slice(1).map(Number) as [number, number, number, number];
    return { kind: 'area', width, height, left, top };
  }
  return { kind: 'sides', left: NOTHING, top: NOTHING, right: NOTHING, bottom: NOTHING, ...sidesOf(words, text) };
}

function sidesOf(words: string, text: string): Partial<Record<Side, Length>> {
  const sides: Partial<Record<Side, Length>> = {};
  for (const part of words.split(',')) {
    const [, side, digits, percent] = /^\s*(left|top|right|bottom)=(\d{1,5}(?:\.\d{1,3})?)(%?)\s*$/.exec(part) ?? [];
    const count = Number(digits);
    const isWhole = percent === '%' ? count < 50 : Number.isInteger(count) && count <= MAX_SIDE;
    if (side === undefined || !isWhole || sides[side as Side]) throw badCrop(text);
    sides[side as Side] = percent === '%' ? { unit: 'share', share: count / 100 } : { unit: 'pixels', count };
  }
  return sides;
}

const badCrop = (text: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The crop ${JSON.stringify(text.slice(0, 100))} is invalid.`, {
    remedy:
      'Use auto (black bars), overscan, WIDTH:HEIGHT:LEFT:TOP in pixels (704:576:8:0), or sides (bottom=8,left=2%), ' +
      'each at most once.',
  });

/** Smallest side that is left. */
const MIN_SIDE = 16;

/**
 * The part of a frame that a crop leaves. Sides that are cut become even, as the colours of most videos are stored for pairs of
 * pixels; nothing that was to be cut stays. Throws BAD_SETTING when too little is left.
 */
export function areaOf(
  crop: Exclude<Crop, { kind: 'auto' }>,
  frame: { readonly width: number; readonly height: number },
): Area {
  const [left, width] = crop.kind === 'area' ? [crop.left, crop.width] : inside(crop.left, crop.right, frame.width);
  const [top, height] = crop.kind === 'area' ? [crop.top, crop.height] : inside(crop.top, crop.bottom, frame.height);
  const area = {
    ...evenPart('left', 'width', left, width, frame.width),
    ...evenPart('top', 'height', top, height, frame.height),
  };
  const isInside = left + width <= frame.width && top + height <= frame.height;
  if (isInside && area.width >= MIN_SIDE && area.height >= MIN_SIDE) return area;
  const what = isInside ? `leaves ${area.width}×${area.height}` : `asks for ${width}×${height} at ${left}, ${top}`;
  throw new RemasterError('BAD_SETTING', `The crop ${what} of a video of ${frame.width}×${frame.height}.`, {
    remedy: `It must lie inside the frame and leave at least ${MIN_SIDE} pixels of each side.`,
  });
}

const pixelsOf = (length: Length, side: number): number =>
  length.unit === 'pixels' ? length.count : Math.round(length.share * side);

/** Start and length of the part between two cuts. */
function inside(before: Length, after: Length, side: number): readonly [number, number] {
  const [start, end] = [pixelsOf(before, side), pixelsOf(after, side)];
  return [start, side - start - end];
}

/** A side that is not cut keeps its length, odd or not. */
function evenPart<S extends string, L extends string>(
  startName: S,
  lengthName: L,
  start: number,
  length: number,
  side: number,
) {
  const first = start + (start % 2);
  const count = length === side ? side : 2 * Math.floor((start + length - first) / 2);
  return { [startName]: first, [lengthName]: count } as Record<S | L, number>;
}
