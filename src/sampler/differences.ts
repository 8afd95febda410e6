/**
 * Spreads first·D₁ + second·D₂ over the predictions it is made of, newest first. The D are divided differences over
 * λ, the noise level, at the steps λ₀ (now), λ₁, λ₂ before: D₁ = (p₀ − p₁)/(λ₀ − λ₁), D₂ = 2·(D₁ − D₁ before)/(λ₀ − λ₂).
 * `second` absent: D₁ alone. Both absent: nothing.
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
