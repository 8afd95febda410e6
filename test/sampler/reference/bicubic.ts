import { bicubicTaps } from '../../../src/sampler/bicubic';
import { requireSetting } from '../../../src/sampler/setting';
import { type Floats, type Tensor, zerosLike } from './tensor';

/** Enlarges by a whole factor with `bicubicTaps`. The result may overshoot the range of `x`. */
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

type Taps = ReturnType<typeof bicubicTaps>[number];

const weigh = (around: Taps, value: (index: number) => number): number =>
  around.reduce((sum, [index, weight]) => sum + weight * value(index), 0);
