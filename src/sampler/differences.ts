/**
 * Spreads first·D₁ + second·D₂ over the predictions p they are made of, newest first. The D are divided differences
 * over the noise level λ, index 0 being now and 1 a step ago: D₁ = (p₀ − p₁)/(λ₀ − λ₁) and
 * D₂ = 2·(D₁ − D₁ a step ago)/(λ₀ − λ₂). `second` absent: D₁ alone. Both absent: nothing.
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
