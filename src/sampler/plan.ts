/**
 * What one paper and one step count amount to. Pure numbers; knows no pixel and no network.
 *
 * Every sampler of the three papers is an affine recurrence, so a plan is data:
 *
 *     x ← start.lq·y + start.noise·ε₀
 *     out = network(input·x, t)
 *     x̂₀  = clean.x·x + clean.out·out + clean.lq·y
 *     x   ← next.x·x + next.lq·y + Σⱼ next.clean[j]·x̂₀(j steps ago) + next.noise·ε
 *
 * y is the low-resolution picture in the working space (the enlarged picture, or its latent).
 */
export interface SamplerPlan {
  readonly start: { readonly lq: number; readonly noise: number };
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  /** What the network's timestep input gets. */
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

/** The draws a plan consumes: 0 starts the walk, i + 1 belongs to step i. Those of weight 0 are never looked up. */
export const drawsOf = (plan: SamplerPlan): readonly number[] => [
  ...(plan.start.noise === 0 ? [] : [0]),
  ...plan.steps.flatMap((step, i) => (step.next.noise === 0 ? [] : [i + 1])),
];
