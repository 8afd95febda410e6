import { map } from './golden';
import { LATENT_SCALE, posteriorSample } from './reference/posterior';
import { type Tensor, zerosLike } from './reference/tensor';
import { enlarge, meanPool } from './standIns';

/** mean_k = 5·(1 + 0.1k)·meanpool8(x[k mod 3]), logvar_k = −2 + 0.2k for k = 0 … 3, sampled with `noise`. */
export function encode(x: Tensor, noise: Tensor): Tensor {
  const pooled = meanPool(x, 8, 4);
  const channel = (i: number) => Math.floor(i / (pooled.dims[2] * pooled.dims[3]));
  const mean = map(pooled, (v, i) => 5 * (1 + 0.1 * channel(i)) * v);
  const logVariance = map(pooled, (_, i) => -2 + 0.2 * channel(i));
  return posteriorSample(mean, logVariance, noise);
}

/** The mean of the posterior: the output of a condition encoder. */
export const encodeMean = (x: Tensor): Tensor => {
  const [n, , h, w] = x.dims;
  return encode(x, zerosLike(x, [n, 4, h / 8, w / 8]));
};

/** nearest_up8(z[0:3]/gain) of the unscaled latent. */
export const decode = (latent: Tensor, gain: number): Tensor =>
  enlarge(
    map(latent, (v) => v / LATENT_SCALE / gain),
    8,
    3,
  );

/** One pixel of every 8×8 block. */
export const corners = ({ dims: [, c, h, w], data }: Tensor): readonly number[] =>
  Array.from({ length: (c * h * w) / 64 }, (_, i) => {
    const column = i % (w / 8);
    return data[Math.floor(i / (w / 8)) * 8 * w + column * 8]!;
  });
