/**
 * Expands a mask by `by` pixels in all directions, including diagonals. `mask`, [height, width], 255 where masked, is
 * changed in place.
 */
export function dilate(mask: Uint8Array, width: number, height: number, by: number): void {
  if (by === 0) return;
  for (let row = 0; row < height; row++) spread(mask, row * width, 1, width, by);
  for (let column = 0; column < width; column++) spread(mask, column, width, height, by);
}

/** Expands the masked pixels of one line of `count` pixels. */
function spread(mask: Uint8Array, first: number, stride: number, count: number, by: number): void {
  const last = first + (count - 1) * stride;
  const runs: number[] = []; // first and last pixel of each; the gaps between them are wider than is filled
  for (let i = 0, at = first; i < count; i++, at += stride) {
    if (mask[at] !== 255) continue;
    if (i - (runs.at(-1) ?? -Infinity) <= 2 * by + 1) runs[runs.length - 1] = i;
    else runs.push(i, i);
  }
  for (let run = 0; run < runs.length; run += 2) {
    const from = Math.max(first, first + (runs[run]! - by) * stride);
    const to = Math.min(last, first + (runs[run + 1]! + by) * stride);
    for (let at = from; at <= to; at += stride) mask[at] = 255;
  }
}
