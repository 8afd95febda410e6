export interface Size {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * The size of the enlarged picture OSEDiff's script gives its networks, and of the picture it saves (its resize back
 * is computed and forgotten). Pictures below `process`/upscale pixels are enlarged first, and then the sides are
 * brought down to multiples of 8.
 */
export function osediffSize({ width, height }: Size, upscale: number, process = 512): Size {
  const least = Math.floor(process / upscale);
  const grown = width < least || height < least ? least / Math.min(width, height) : 1;
  // Truncation bites: 49 · (128/49) is 127.99…, so a side of 49 becomes 127.
  const side = (length: number) => Math.floor((Math.trunc(grown * length) * upscale) / 8) * 8;
  return { width: side(width), height: side(height) };
}

/** The prompt its text encoder gets; an empty one of the user's leaves ", ," at the end. */
export const osediffPrompt = (tags: readonly string[], user = ''): string => `${tags.join(', ')}, ${user},`;
