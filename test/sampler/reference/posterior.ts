import { type Floats, type Tensor, zerosLike } from './tensor';

/** Factor between the VAE's latents and the network's, which have a variance of about 1. */
export const LATENT_SCALE = 0.18215;

/** A sample of the VAE's posterior: 0.18215·(mean + exp(½·clamp(logvar, −30, 20))·ε). Without noise: 0.18215·mean. */
export function posteriorSample<F extends Floats>(
  mean: Tensor<F>,
  logVariance: Tensor<F>,
  noise: Tensor<F>,
): Tensor<F> {
  const latent = zerosLike(mean);
  for (let i = 0; i < latent.data.length; i++) {
    const deviation = Math.exp(0.5 * Math.min(20, Math.max(-30, logVariance.data[i]!)));
    latent.data[i] = LATENT_SCALE * (mean.data[i]! + deviation * noise.data[i]!);
  }
  return latent;
}
