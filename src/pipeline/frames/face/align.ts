import type { Point } from '../../../model/model';

/** Rotation, scale and translation: x′ = a·x − b·y + dx, y′ = b·x + a·y + dy. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly dx: number;
  readonly dy: number;
}

/**
 * Positions of eyes, nose and mouth in an aligned face image of 512 × 512 pixels, as in the training data: FFHQ's
 * alignment, in the coordinates that facexlib publishes.
 */
const TEMPLATE_SIDE = 512;
const TEMPLATE: readonly Point[] = [
  [192.98138, 239.94708],
  [318.90277, 240.1936],
  [256.63416, 314.01935],
  [201.26117, 371.41043],
  [313.08905, 371.15118],
];

/** From the frame in which `landmarks` were found to an aligned face image of `side` × `side` pixels. */
export function toFaceImage(landmarks: readonly Point[], side: number): Similarity {
  const scale = scaling(TEMPLATE_SIDE, side);
  return similarityOf(
    landmarks,
    TEMPLATE.map((point) => applied(scale, point)),
  );
}

/**
 * The similarity that maps `from` closest to `to`: least squares, never mirrored (Umeyama 1991, eq. 40–43). In two
 * dimensions its singular value decomposition reduces to two sums: a and b are the cosine and the sine of the angle,
 * times the scale.
 */
export function similarityOf(from: readonly Point[], to: readonly Point[]): Similarity {
  const [mx, my] = centroid(from);
  const [nx, ny] = centroid(to);
  let [along, across, spread] = [0, 0, 0];
  from.forEach((point, i) => {
    const [x, y] = [point[0] - mx, point[1] - my];
    const [u, v] = [to[i]![0] - nx, to[i]![1] - ny];
    along += x * u + y * v;
    across += x * v - y * u;
    spread += x * x + y * y;
  });
  const [a, b] = [along / spread, across / spread];
  return { a, b, dx: nx - (a * mx - b * my), dy: ny - (b * mx + a * my) };
}

export const centroid = (points: readonly Point[]): Point => [
  points.reduce((sum, [x]) => sum + x, 0) / points.length,
  points.reduce((sum, [, y]) => sum + y, 0) / points.length,
];

/**
 * Scales an image from `from` to `to` pixels per side, so that the edges coincide, not the centres of the outer pixels.
 */
export function scaling(from: number, to: number): Similarity {
  const a = to / from;
  return { a, b: 0, dx: (a - 1) / 2, dy: (a - 1) / 2 };
}

export const applied = ({ a, b, dx, dy }: Similarity, [x, y]: Point): Point => [a * x - b * y + dx, b * x + a * y + dy];

export function inverted({ a, b, dx, dy }: Similarity): Similarity {
  const size = a * a + b * b;
  const [c, s] = [a / size, -b / size];
  return { a: c, b: s, dx: -(c * dx - s * dy), dy: -(s * dx + c * dy) };
}

/** The scale factor. */
export const scaleOf = ({ a, b }: Similarity): number => Math.sqrt(a * a + b * b);
