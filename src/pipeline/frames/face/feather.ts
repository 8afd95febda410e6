/** Width of the fade at each edge, as a share of the side; as in facexlib. */
const EDGE = 1 / 20;

/**
 * The blend weights of a face image of `side` pixels along one axis: [side], 0…1; the mask is the product of both axes.
 * As in facexlib: the full square, eroded by a twentieth of its side, then blurred with a Gaussian that just reaches
 * the edge again. Computed in the aligned face image, so it is rotated with the face.
 */
export function feather(side: number): Float64Array {
  const edge = Math.round(side * EDGE);
  const deviation = 0.3 * (edge - 1) + 0.8; // OpenCV's default for a kernel of 2·edge + 1
  const gaussian = Float64Array.from({ length: 2 * edge + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - edge) / deviation) ** 2),
  );
  const total = gaussian.reduce((sum, weight) => sum + weight, 0);
  return Float64Array.from({ length: side }, (_, at) => {
    let inside = 0;
    for (let i = 0; i <= 2 * edge; i++) {
      const from = at + i - edge;
      if (from >= edge && from < side - edge) inside += gaussian[i]!;
    }
    return inside / total;
  });
}

/** `profile` at a fractional position, interpolated; 0 outside. */
export function featherAt(profile: Float64Array, at: number): number {
  const last = profile.length - 1;
  if (!(at >= 0 && at <= last)) return 0;
  const i = Math.min(last - 1, Math.floor(at));
  return profile[i]! + (at - i) * (profile[i + 1]! - profile[i]!);
}
