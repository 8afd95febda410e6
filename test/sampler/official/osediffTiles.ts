import { requireSetting } from '../../../src/sampler/setting';

/** A box in latent points. */
export interface LatentTile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The tiles of OSEDiff's UNet in its order, column by column. A latent of at most size² points is one tile (by area, so
 * 64×140 is at size 96). The predictions of ε are blended, with `gaussianWeights`, before x̂₀ is made.
 */
export function osediffTiles(width: number, height: number, size = 96, overlap = 32): readonly LatentTile[] {
  if (width * height <= size ** 2) return [{ x: 0, y: 0, width, height }];
  const side = Math.min(size, width, height);
  // Upstream does not terminate here.
  requireSetting('overlap', overlap, `from 0 to ${side - 1}, less than the tile`, overlap >= 0 && overlap < side);
  const starts = (length: number) => {
    const count = Math.ceil((length - side) / (side - overlap)) + 1;
    return Array.from({ length: count }, (_, k) => Math.min(k * (side - overlap), length - side));
  };
  return starts(width).flatMap((x) => starts(height).map((y) => ({ x, y, width: side, height: side })));
}

/** [height, width]. Upstream centres x on (W−1)/2 but y on H/2, so the Gaussian is half a point too low. */
export function gaussianWeights(width: number, height: number): Float64Array {
  const bell = (i: number, middle: number, length: number) =>
    Math.exp(-((i - middle) ** 2) / (length ** 2 * 0.02)) / Math.sqrt(2 * Math.PI * 0.01);
  return Float64Array.from({ length: width * height }, (_, i) => {
    const horizontal = bell(i % width, (width - 1) / 2, width);
    return horizontal * bell(Math.floor(i / width), height / 2, height);
  });
}
