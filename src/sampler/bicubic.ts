import { requireSetting } from './setting';
import { type Floats, type Tensor, zerosLike } from './tensor';

/**
 * Bicubic enlargement as in torch, with which ResShift was trained: Keys' kernel with a = −0.75 (PIL uses −0.5),
 * half-pixel centres, no antialiasing, edge pixels repeated. The result may overshoot the range of `x`.
 */
export function bicubic<F extends Floats>(x: Tensor<F>, scale: number): Tensor<F> {
  requireSetting('scale', scale, 'a whole number of at least 1', Number.isInteger(scale) && scale >= 1);
  const [n, c, h, w] = x.dims;
  const columns = bicubicTaps(w, scale);
  const rows = bicubicTaps(h, scale);
  const large = zerosLike(x, [n, c, h * scale, w * scale]);
  const wide = new Float64Array(h * w * scale);
  for (let plane = 0; plane < n * c; plane++) {
    for (let i = 0; i < wide.length; i++) {
      const from = (plane * h + Math.floor(i / columns.length)) * w;
      wide[i] = weigh(columns[i % columns.length]!, (column) => x.data[from + column]!);
    }
    const to = plane * rows.length * columns.length;
    for (let i = 0; i < rows.length * columns.length; i++) {
      const column = i % columns.length;
      const around = rows[Math.floor(i / columns.length)]!;
      large.data[to + i] = weigh(around, (row) => wide[row * columns.length + column]!);
    }
  }
  return large;
}

type Tap = readonly [index: number, weight: number];

/** For every output position of an axis: the four input positions and their weights. */
export function bicubicTaps(length: number, scale: number): readonly (readonly Tap[])[] {
  return Array.from({ length: length * scale }, (_, i) => {
    const place = (i + 0.5) / scale - 0.5;
    return [-1, 0, 1, 2].map((offset): Tap => {
      const index = Math.floor(place) + offset;
      return [Math.min(length - 1, Math.max(0, index)), kernel(Math.abs(place - index))];
    });
  });
}

/** Cubic convolution, Keys (1981), with free a. */
function kernel(x: number, a = -0.75): number {
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

const weigh = (around: readonly Tap[], value: (index: number) => number): number =>
  around.reduce((sum, [index, weight]) => sum + weight * value(index), 0);
