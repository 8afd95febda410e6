import type { Floats } from '../reference/tensor';

/** peft's α when none is given, as in OSEDiff's training: with rank 4 the update counts twice. */
export const LORA_ALPHA = 8;

/**
 * W′ = W + (α/r)·B·A. `weight` is [out, in·k·k] row-major, `up` (B) [out, r], `down` (A) [r, in·k·k]: linear layers and
 * convolutions alike. Biases are not adapted.
 */
export function mergeLora(weight: Floats, down: Floats, up: Floats, rank: number, alpha = LORA_ALPHA): Float64Array {
  const columns = down.length / rank;
  return Float64Array.from(weight, (w, i) => {
    const row = Math.floor(i / columns);
    let update = 0;
    for (let r = 0; r < rank; r++) update += up[row * rank + r]! * down[r * columns + (i % columns)]!;
    return w + (alpha / rank) * update;
  });
}
