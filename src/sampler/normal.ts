/** Number of random bits per normal sample. */
const QUANTILE_BITS = 16;

/**
 * Table that maps a random 16-bit number to N(0, 1): Φ⁻¹ at the centres of 2¹⁶ equal intervals, ±4.3 at the ends, scaled
 * so that the variance is exactly 1. Built on first use.
 */
export function normalQuantiles(): Float32Array {
  return (quantiles ??= build(1 << QUANTILE_BITS));
}

let quantiles: Float32Array | undefined;

function build(count: number): Float32Array {
  const upper = Float64Array.from({ length: count / 2 }, (_, i) => inverseNormal(0.5 + (i + 0.5) / count));
  const variance = upper.reduce((sum, x) => sum + x * x, 0) / upper.length;
  const table = new Float32Array(count);
  for (const [i, x] of upper.entries()) {
    table[count / 2 + i] = x / Math.sqrt(variance);
    table[count / 2 - 1 - i] = -x / Math.sqrt(variance);
  }
  return table;
}

/** Φ⁻¹(p) for ½ ≤ p < 1: Abramowitz & Stegun 26.2.23 (off by at most 4.5·10⁻⁴), then two steps of Newton. */
function inverseNormal(p: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - p));
  let x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let i = 0; i < 2; i++) x += (p - normal(x)) / (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI));
  return x;
}

/** Φ(x) for x ≥ 0, Abramowitz & Stegun 26.2.17: off by less than 7.5·10⁻⁸. */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * tail;
}
