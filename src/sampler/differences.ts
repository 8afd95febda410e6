/**
 * Rewrites first·D₁ + second·D₂ as weights of the predictions p, newest first. D are divided differences over the noise
 * level λ, index 0 = this step, 1 = the previous step: D₁ = (p₀ − p₁)/(λ₀ − λ₁) and
 * D₂ = 2·(D₁ − D₁ a step ago)/(λ₀ − λ₂). `second` absent: D₁ only. Both absent: [0].
 */
export function differenceWeights(
  lambda: (ago: number) => number,
  [first, second]: readonly number[],
): readonly number[] {
  if (first === undefined) return [0];
  if (second === undefined) {
    const slope = first / (lambda(0) - lambda(1));
    return [slope, -slope];
  }
  const bend = (2 * second) / (lambda(0) - lambda(2));
  const slope = (first + bend) / (lambda(0) - lambda(1));
  const slopeBefore = bend / (lambda(1) - lambda(2));
  return [slope, -slope - slopeBefore, slopeBefore];
}
