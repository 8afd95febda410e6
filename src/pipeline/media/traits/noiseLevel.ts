/** Brightness, 8 bits, [height, width]. */
export interface Luma {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Side of the areas whose noise is measured, in pixels. */
const AREA = 16;
/** Mean brightness of areas that count: near black and white, noise is cut off. */
const DARKEST = 24;
const BRIGHTEST = 232;
/** The smooth areas: as many as this share of all. Texture and edges are in the others. */
const SMOOTH = 0.2;
/** Areas below which a frame says nothing: it is black, or tiny. */
const FEWEST = 16;

/**
 * Standard deviation of the noise, of 255 levels: J. Immerkær, “Fast Noise Variance Estimation” (1996), for each area, and
 * of these the value below which the smoothest fifth is. Null where too few areas are neither black nor white. Noise that
 * is wider than a pixel, as that of tapes, counts for less.
 */
export function noiseLevel({ width, height, data }: Luma): number | null {
  const levels: number[] = [];
  for (let top = 1; top + AREA < height; top += AREA) {
    for (let left = 1; left + AREA < width; left += AREA) {
      const level = levelOf(data, width, left, top);
      if (level !== null) levels.push(level);
    }
  }
  if (levels.length < FEWEST) return null;
  return levels.toSorted((a, b) => a - b)[Math.floor(levels.length * SMOOTH)]!;
}

/** √(π/2) for a mean of magnitudes, and 6 for the mask, whose squares sum to 36: equation 5 of the paper. */
const GAIN = Math.sqrt(Math.PI / 2) / 6;

function levelOf(data: Uint8Array, width: number, left: number, top: number): number | null {
  let [brightness, response] = [0, 0];
  for (let y = top; y < top + AREA; y++) {
    for (let x = left; x < left + AREA; x++) {
      const at = y * width + x;
      const [above, below] = [at - width, at + width];
      brightness += data[at]!;
      const corners = data[above - 1]! + data[above + 1]! + data[below - 1]! + data[below + 1]!;
      const sides = data[above]! + data[below]! + data[at - 1]! + data[at + 1]!;
      response += Math.abs(corners - 2 * sides + 4 * data[at]!);
    }
  }
  const mean = brightness / AREA ** 2;
  return mean < DARKEST || mean > BRIGHTEST ? null : (GAIN * response) / AREA ** 2;
}
