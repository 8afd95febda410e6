import { type Dims, type Floats, type Tensor, zerosLike } from '../reference/tensor';

/** A tile and the position of its top left corner. */
export interface Piece<F extends Floats = Floats> {
  readonly x: number;
  readonly y: number;
  readonly tensor: Tensor<F>;
}

/**
 * Σ w·piece / Σ w at every point of a tensor of size `dims`. The weights, [height, width] of a piece, are the same for
 * every piece and channel; absent: all 1, the plain average. Every point must be covered.
 */
export function weightedMean<F extends Floats>(dims: Dims, pieces: readonly Piece<F>[], weights?: Floats): Tensor<F> {
  const mean = zerosLike(pieces[0]!.tensor, dims);
  const [, , height, width] = dims;
  const sum = new Float64Array(mean.data.length);
  const total = new Float64Array(mean.data.length);
  for (const { x, y, tensor } of pieces) {
    const [, , h, w] = tensor.dims;
    for (let i = 0; i < tensor.data.length; i++) {
      const plane = Math.floor(i / (h * w));
      const row = Math.floor(i / w) % h;
      const place = (plane * height + y + row) * width + x + (i % w);
      const weight = weights?.[i % (h * w)] ?? 1;
      sum[place]! += weight * tensor.data[i]!;
      total[place]! += weight;
    }
  }
  for (let i = 0; i < sum.length; i++) mean.data[i] = sum[i]! / total[i]!;
  return mean;
}
