import type { SamplerPlan } from './plan';
import { alphasBarFloat32, TIMESTEPS } from './stableDiffusion';

/**
 * OSEDiff (arXiv 2406.08177): uses the low-resolution latent without noise as the state at t = 999, and one prediction
 * of ε gives the clean latent (z − √(1−ᾱ)·ε)/√ᾱ. This amplifies an error in ε 14.6 times.
 */
export function osediff(): SamplerPlan {
  const t = TIMESTEPS - 1;
  const alphaBar = alphasBarFloat32()[t]!;
  // The roots are float32 too, as in the scheduler the network was trained with.
  const signal = Math.fround(Math.sqrt(alphaBar));
  const noise = Math.fround(Math.sqrt(Math.fround(1 - alphaBar)));
  return {
    start: { lq: 1, noise: 0 },
    steps: [
      {
        t,
        input: 1,
        clean: { x: 1 / signal, out: -noise / signal, lq: 0 },
        next: { x: 0, lq: 0, clean: [1], noise: 0 },
      },
    ],
  };
}
