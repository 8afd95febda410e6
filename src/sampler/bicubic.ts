type Tap = readonly [index: number, weight: number];

/**
 * Bicubic enlargement of an axis as in torch, with which ResShift was trained: Keys' kernel with a = −0.75 (PIL uses
 * −0.5), half-pixel centres, no antialiasing, edge pixels repeated. Returns the four input positions and their weights
 * for every output position.
 */
export function bicubicTaps(length: number, scale: number): readonly (readonly Tap[])[] {
  return Array.from({ length: length * scale }, (_, i) => {
    const place = (i + 0.5) / scale - 0.5;
    return [-1, 0, 1, 2].map((offset): Tap => {
      const index = Math.floor(place) + offset;
      return [Math.min(length - 1, Math.max(0, index)), kernel(Math.abs(place - index))];
    });
  });
}

/** Cubic convolution, Keys (1981), with free a. */
function kernel(x: number, a = -0.75): number {
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
