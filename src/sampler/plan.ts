/**
 * A sampler with its step count as a table of numbers, independent of images and networks.
 *
 * Every sampler of the three papers is an affine recurrence, so a plan is data:
 *
 *     x ← start.lq·y + start.noise·ε₀
 *     out = network(input·x, t)
 *     x̂₀  = clean.x·x + clean.out·out + clean.lq·y
 *     x   ← next.x·x + next.lq·y + Σⱼ next.clean[j]·x̂₀(j steps ago) + next.noise·ε
 *
 * y is the low-resolution image in the working space (the enlarged image, or its latent).
 */
export interface SamplerPlan {
  readonly start: { readonly lq: number; readonly noise: number };
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  /** Value of the network's timestep input. */
  readonly t: number;
  /** The network sees input·x. */
  readonly input: number;
  readonly clean: {
    readonly x: number;
    readonly out: number;
    readonly lq: number;
    /** x̂₀ is clamped to ±clamp; absent: not clamped. */
    readonly clamp?: number;
  };
  readonly next: {
    readonly x: number;
    readonly lq: number;
    /** Weight of this step's x̂₀, of the previous step's, of the one before that. */
    readonly clean: readonly number[];
    readonly noise: number;
  };
}

/** The noise draws of a plan: 0 for the start, i + 1 for step i. Draws of weight 0 are omitted. */
export const drawsOf = (plan: SamplerPlan): readonly number[] => [
  ...(plan.start.noise === 0 ? [] : [0]),
  ...plan.steps.flatMap((step, i) => (step.next.noise === 0 ? [] : [i + 1])),
];
