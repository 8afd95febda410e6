import assert from 'node:assert/strict';
import type { Point } from '../../../../src/model/model';
import {
  applied,
  inverted,
  scaleOf,
  scaling,
  similarityOf,
  toFaceImage,
} from '../../../../src/pipeline/frames/face/align';

const POINTS: readonly Point[] = [
  [10, 20],
  [90, 25],
  [52, 60],
  [20, 88],
  [80, 91],
];

const close = (a: Point, b: Point, within: number): void =>
  assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) < within, `${a.join()} is not ${b.join()}`);

describe('align', () => {
  for (const [degrees, scale] of [
    [0, 1],
    [35, 2.5],
    [-170, 0.2],
    [90, 10],
  ] as const) {
    it(`finds and inverts a rotation by ${degrees}° and a scale of ${scale} exactly`, () => {
      const angle = (degrees * Math.PI) / 180;
      const known = { a: scale * Math.cos(angle), b: scale * Math.sin(angle), dx: -31.5, dy: 700 };
      const found = similarityOf(
        POINTS,
        POINTS.map((point) => applied(known, point)),
      );
      for (const name of ['a', 'b', 'dx', 'dy'] as const) assert.ok(Math.abs(found[name] - known[name]) < 1e-9, name);
      assert.ok(Math.abs(scaleOf(found) - scale) < 1e-12);
      for (const point of POINTS) close(applied(inverted(found), applied(found, point)), point, 1e-9);
    });
  }

  it('finds the least-squares fit of inexact landmarks', () => {
    const to = POINTS.map(([x, y], i): Point => [1.4 * x + 7 * Math.sin(9 * i), 1.3 * y - 5 * Math.cos(5 * i)]);
    const best = similarityOf(POINTS, to);
    const error = (s: typeof best): number =>
      POINTS.reduce((sum, point, i) => {
        const [x, y] = applied(s, point);
        return sum + (x - to[i]![0]) ** 2 + (y - to[i]![1]) ** 2;
      }, 0);
    for (const name of ['a', 'b', 'dx', 'dy'] as const) {
      for (const step of [-1e-3, 1e-3]) assert.ok(error({ ...best, [name]: best[name] + step }) > error(best), name);
    }
  });

  it('never mirrors a face', () => {
    const mirrored = POINTS.map(([x, y]): Point => [-x, y]);
    const best = similarityOf(POINTS, mirrored);
    assert.ok(
      mirrored.some(([x, y], i) => Math.hypot(applied(best, POINTS[i]!)[0] - x, applied(best, POINTS[i]!)[1] - y) > 5),
    );
  });

  it('does not move a face aligned like the template', () => {
    const template: readonly Point[] = [
      [192.98138, 239.94708],
      [318.90277, 240.1936],
      [256.63416, 314.01935],
      [201.26117, 371.41043],
      [313.08905, 371.15118],
    ];
    const { a, b, dx, dy } = toFaceImage(template, 512);
    for (const [found, wanted] of [
      [a, 1],
      [b, 0],
      [dx, 0],
      [dy, 0],
    ] as const)
      assert.ok(Math.abs(found - wanted) < 1e-12);
    const half = toFaceImage(template, 256);
    close(applied(half, [-0.5, -0.5]), [-0.5, -0.5], 1e-9); // corner to corner
    close(applied(half, [511.5, 511.5]), [255.5, 255.5], 1e-9);
  });

  it('scaling keeps the edges of the image', () => {
    close(applied(scaling(100, 512), [-0.5, 99.5]), [-0.5, 511.5], 1e-9);
    assert.deepEqual(scaling(512, 512), { a: 1, b: 0, dx: 0, dy: 0 });
  });
});
