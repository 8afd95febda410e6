export interface Size {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * The size of the enlarged image that OSEDiff's script passes to its networks, and of the image it saves (it discards
 * the result of resizing back). Images below `process`/upscale pixels are enlarged first; then the sides are rounded
 * down to multiples of 8.
 */
export function osediffSize({ width, height }: Size, upscale: number, process = 512): Size {
  const least = Math.floor(process / upscale);
  const grown = width < least || height < least ? least / Math.min(width, height) : 1;
  // Truncation as upstream: 49 · (128/49) is 127.99…, so a side of 49 becomes 127.
  const side = (length: number) => Math.floor((Math.trunc(grown * length) * upscale) / 8) * 8;
  return { width: side(width), height: side(height) };
}

/** The prompt of its text encoder; an empty user prompt leaves ", ," at the end. */
export const osediffPrompt = (tags: readonly string[], user = ''): string => `${tags.join(', ')}, ${user},`;
