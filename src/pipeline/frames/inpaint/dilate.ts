/** Grows holes by `by` pixels each way, corners included. `mask`, [height, width], 255 in a hole, is changed in place. */
export function dilate(mask: Uint8Array, width: number, height: number, by: number): void {
  if (by === 0) return;
  for (let row = 0; row < height; row++) spread(mask, row * width, 1, width, by);
  for (let column = 0; column < width; column++) spread(mask, column, width, height, by);
}

/** Along one line of `count` pixels: once from either end, remembering how far the last hole is behind. */
function spread(mask: Uint8Array, first: number, stride: number, count: number, by: number): void {
  const last = first + (count - 1) * stride;
  const holes: number[] = [];
  for (let i = 0, at = first; i < count; i++, at += stride) if (mask[at] === 255) holes.push(i);
  for (const hole of holes) {
    const from = Math.max(first, first + (hole - by) * stride);
    const to = Math.min(last, first + (hole + by) * stride);
    for (let at = from; at <= to; at += stride) mask[at] = 255;
  }
}
