/** [from, to) along both axes. */
export interface Box {
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
}

export interface VaeTile {
  /** Input of the network: pixels for an encoder, latent points for a decoder. */
  readonly input: Box;
  /** Used part of its output, latent points or pixels: pasted, not blended. */
  readonly output: Box;
}

export interface VaeTileSettings {
  readonly part: 'encoder' | 'decoder';
  /** Of the input. */
  readonly width: number;
  readonly height: number;
  /** Largest inner side: 1024 pixels for an encoder, 224 points for a decoder unless given. */
  readonly tile?: number;
  /** Margin that is computed and discarded: 32 pixels, 11 points unless given. */
  readonly pad?: number;
}

/** OSEDiff's tiles for images that are too large for its VAE, row by row; smaller ones are one tile. */
export function vaeTiles({ part, width, height, ...given }: VaeTileSettings): readonly VaeTile[] {
  const { tile, pad } = { ...(part === 'encoder' ? { tile: 1024, pad: 32 } : { tile: 224, pad: 11 }), ...given };
  const scaled = (i: number) => (part === 'encoder' ? Math.floor(i / 8) : i * 8);
  const cut = (length: number) => cutAxis(length, tile, pad, scaled);
  const rows = cut(height);
  return rows.flatMap((y) =>
    cut(width).map((x) => ({ input: { x: x.input, y: y.input }, output: { x: x.output, y: y.output } })),
  );
}

interface Cut {
  readonly input: readonly [from: number, to: number];
  readonly output: readonly [from: number, to: number];
}

function cutAxis(length: number, tile: number, pad: number, scaled: (i: number) => number): readonly Cut[] {
  const inner = length - 2 * pad;
  const count = Math.max(1, Math.ceil(inner / tile));
  const size = roundTileUp(Math.ceil(inner / count), tile);
  return Array.from({ length: count }, (_, k): Cut => {
    const from = pad + k * size;
    const to = Math.min(from + size, length);
    return {
      input: [Math.max(0, from - pad), Math.min(length, to + pad)],
      // An inner box that begins or ends within a margin of the border also keeps that margin.
      output: [scaled(from > pad ? from : 0), scaled(to < length - pad ? to : length)],
    };
  });
}

/** `least` rounded up to a multiple of 32, or else of 16, 8, 4, 2, so that it stays at most `most`. */
export function roundTileUp(least: number, most: number): number {
  const rounded = [32, 16, 8, 4, 2].map((multiple) => Math.ceil(least / multiple) * multiple);
  return rounded.find((size) => size <= most) ?? most;
}
