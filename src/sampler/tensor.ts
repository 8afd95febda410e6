/** float32 is what networks speak; float64 exists so that golden numbers can be checked to the ninth digit. */
export type Floats = Float32Array | Float64Array;

/** [batch, channels, height, width] */
export type Dims = readonly [n: number, c: number, h: number, w: number];

/** Planar numbers: `data` is row-major over `dims`, so one plane is one unbroken run of height·width. */
export interface Tensor<F extends Floats = Floats> {
  readonly dims: Dims;
  readonly data: F;
}

export const volume = ([n, c, h, w]: Dims): number => n * c * h * w;

/** Zeros of the same precision as `of`. */
export function zerosLike<F extends Floats>(of: Tensor<F>, dims?: Dims): Tensor<F>;
export function zerosLike(of: Tensor, dims = of.dims): Tensor {
  const length = volume(dims);
  return { dims, data: of.data instanceof Float64Array ? new Float64Array(length) : new Float32Array(length) };
}
