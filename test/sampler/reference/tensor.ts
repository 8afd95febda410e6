/** Networks use float32; float64 is for comparing with golden values to nine digits. */
export type Floats = Float32Array | Float64Array;

/** [batch, channels, height, width] */
export type Dims = readonly [n: number, c: number, h: number, w: number];

/** A dense tensor: `data` is row-major over `dims`. */
export interface Tensor<F extends Floats = Floats> {
  readonly dims: Dims;
  readonly data: F;
}

const volume = ([n, c, h, w]: Dims): number => n * c * h * w;

/** A tensor of zeros with the precision of `of`. */
export function zerosLike<F extends Floats>(of: Tensor<F>, dims?: Dims): Tensor<F>;
export function zerosLike(of: Tensor, dims = of.dims): Tensor {
  const length = volume(dims);
  return { dims, data: of.data instanceof Float64Array ? new Float64Array(length) : new Float32Array(length) };
}
