import { type Floats, type Tensor, zerosLike } from './tensor';

export type ColourFix = (image: Tensor, reference: Tensor) => Tensor;

/** AdaIN: sets mean and standard deviation of each channel of `image` to those of `reference`. Same size, values 0…1; the result may overshoot. */
export function adain<F extends Floats>(image: Tensor<F>, reference: Tensor<F>): Tensor<F> {
  const from = statistics(image);
  const to = statistics(reference);
  const plane = image.dims[2] * image.dims[3];
  const fixed = zerosLike(image);
  for (let i = 0; i < fixed.data.length; i++) {
    const [a, b] = [from[Math.floor(i / plane)]!, to[Math.floor(i / plane)]!];
    fixed.data[i] = ((image.data[i]! - a.mean) / a.deviation) * b.deviation + b.mean;
  }
  return fixed;
}

/** High frequencies of `image` plus low frequencies of `reference`. Same size, values 0…1; the result may overshoot. */
export function wavelet<F extends Floats>(image: Tensor<F>, reference: Tensor<F>): Tensor<F> {
  // Upstream adds the details of the five levels, low₀ − low₁ + low₁ − low₂ …, which equals the image − low₅.
  const details = lowFrequencies(image);
  const low = lowFrequencies(reference);
  const fixed = zerosLike(image);
  for (let i = 0; i < fixed.data.length; i++) fixed.data[i] = image.data[i]! - details.data[i]! + low.data[i]!;
  return fixed;
}

/** Mean and √(unbiased variance + 10⁻⁵) of every channel. */
export function statistics({ dims, data }: Tensor): readonly { readonly mean: number; readonly deviation: number }[] {
  const plane = dims[2] * dims[3];
  return Array.from({ length: dims[0] * dims[1] }, (_, channel) => {
    const values = data.subarray(channel * plane, (channel + 1) * plane);
    let sum = 0;
    for (const value of values) sum += value;
    const mean = sum / plane;
    let squares = 0;
    for (const value of values) squares += (value - mean) ** 2;
    return { mean, deviation: Math.sqrt(squares / (plane - 1) + 1e-5) };
  });
}

/** Five blurs with radius 1, 2, 4, 8 and 16 pixels. */
export const lowFrequencies = <F extends Floats>(x: Tensor<F>): Tensor<F> => [1, 2, 4, 8, 16].reduce(blur, x);

/** Blurs with the kernel 1 2 1, taps `radius` pixels apart, along both axes; edge pixels are repeated. */
export function blur<F extends Floats>(x: Tensor<F>, radius: number): Tensor<F> {
  const [n, c, h, w] = x.dims;
  const wide = new Float64Array(h * w);
  const blurred = zerosLike(x);
  for (let plane = 0; plane < n * c; plane++) {
    const from = plane * h * w;
    for (let i = 0; i < wide.length; i++) {
      const column = i % w;
      const left = i - column + Math.max(0, column - radius);
      const right = i - column + Math.min(w - 1, column + radius);
      wide[i] = (x.data[from + left]! + 2 * x.data[from + i]! + x.data[from + right]!) / 4;
    }
    for (let i = 0; i < wide.length; i++) {
      const column = i % w;
      const row = (i - column) / w;
      const above = Math.max(0, row - radius) * w + column;
      const below = Math.min(h - 1, row + radius) * w + column;
      blurred.data[from + i] = (wide[above]! + 2 * wide[i]! + wide[below]!) / 4;
    }
  }
  return blurred;
}

/**
 * Applies a colour fix to 8-bit images, [height, width, 3], in float32 as upstream: /255, fix, clamp, ·255, truncated
 * instead of rounded.
 */
export function fixBytes(fix: ColourFix, image: Uint8Array, reference: Uint8Array, width: number): Uint8Array {
  const fixed = fix(planar(image, width), planar(reference, width)).data;
  const plane = image.length / 3;
  return Uint8Array.from(image, (_, i) => {
    const value = fixed[(i % 3) * plane + Math.floor(i / 3)]!;
    return Math.fround(Math.min(1, Math.max(0, value)) * 255);
  });
}

function planar(bytes: Uint8Array, width: number): Tensor<Float32Array> {
  const plane = bytes.length / 3;
  const data = Float32Array.from(bytes, (_, i) => bytes[(i % plane) * 3 + Math.floor(i / plane)]! / 255);
  return { dims: [1, 3, plane / width, width], data };
}
