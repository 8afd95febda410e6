import type { RgbFrame } from '../frame';

/** How much a model has added to a plain enlargement. */
export interface Added {
  /** Mean difference of the brightness, of 255 levels. */
  readonly mean: number;
  /** Share of the pixels that differ visibly, 0…1. */
  readonly share: number;
}

/** Levels of brightness from which on a difference is seen beside the other image. */
const VISIBLE = 4;
/** Levels that are shown in the full colour. */
const FULL = 40;
/** The colours of what became brighter and darker; apart also for people who see no red. */
const BRIGHTER = [255, 160, 70] as const;
const DARKER = [70, 160, 255] as const;
/** Brightness of the image beneath, so that its colours are not mistaken for differences. */
const BENEATH = 0.35;

/** A map of what was added, over the darkened grey image, and the figures. Both images have the same size. */
export function addedMap(plain: RgbFrame, after: RgbFrame): Added & { readonly map: RgbFrame } {
  const { width, height } = plain;
  const data = new Uint8Array(width * height * 3);
  let [sum, visible] = [0, 0];
  for (let at = 0; at < data.length; at += 3) {
    const base = lumaAt(plain.data, at);
    const difference = lumaAt(after.data, at) - base;
    const size = Math.abs(difference);
    sum += size;
    if (size > VISIBLE) visible++;
    const colour = difference > 0 ? BRIGHTER : DARKER;
    const part = Math.min(1, size / FULL);
    for (let c = 0; c < 3; c++) data[at + c] = BENEATH * base * (1 - part) + colour[c]! * part;
  }
  const pixels = width * height;
  return { mean: sum / pixels, share: visible / pixels, map: { width, height, data } };
}

const lumaAt = (data: Uint8Array, at: number): number =>
  0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
