/** Number of noise levels of Stable Diffusion 1 and 2. */
export const TIMESTEPS = 1000;

/** ᾱ_t = Π(1−β) for t = 0 … 999 with √β evenly spaced ("scaled linear"), in float64. */
export function alphasBar(from = 0.00085, to = 0.012): Float64Array {
  const low = Math.sqrt(from);
  const step = (Math.sqrt(to) - low) / (TIMESTEPS - 1);
  let product = 1;
  return Float64Array.from({ length: TIMESTEPS }, (_, t) => (product *= 1 - (low + t * step) ** 2));
}

/**
 * The same table as in diffusers, with every intermediate value rounded to float32. Networks were trained with it; at
 * t = 999 the relative difference from float64 is 7·10⁻⁷.
 */
export function alphasBarFloat32(): Float32Array {
  const f = Math.fround;
  const low = f(Math.sqrt(0.00085));
  const high = f(Math.sqrt(0.012));
  const step = f(f(high - low) / (TIMESTEPS - 1));
  let product = 1;
  return Float32Array.from({ length: TIMESTEPS }, (_, t) => {
    // torch.linspace counts from both ends, so that both are exact.
    const root = t < TIMESTEPS / 2 ? f(low + step * t) : f(high - step * (TIMESTEPS - 1 - t));
    return (product *= f(1 - f(root * root)));
  });
}
