import { type Tensor, zerosLike } from './reference/tensor';

/** Mean of f×f blocks; output channel k is input channel k mod C. */
export function meanPool(x: Tensor, f: number, channels = x.dims[1]): Tensor {
  const [n, c, h, w] = x.dims;
  const pooled = zerosLike(x, [n, channels, h / f, w / f]);
  for (let i = 0; i < pooled.data.length; i++) {
    const column = i % (w / f);
    const row = Math.floor(i / (w / f)) % (h / f);
    const channel = Math.floor(i / ((h / f) * (w / f))) % c;
    let sum = 0;
    for (let dy = 0; dy < f; dy++) {
      for (let dx = 0; dx < f; dx++) sum += x.data[(channel * h + row * f + dy) * w + column * f + dx]!;
    }
    pooled.data[i] = sum / f ** 2;
  }
  return pooled;
}

/** Nearest-neighbour enlargement of the first `channels` planes. */
export function enlarge(x: Tensor, f: number, channels = x.dims[1]): Tensor {
  const [n, , h, w] = x.dims;
  const large = zerosLike(x, [n, channels, h * f, w * f]);
  for (let i = 0; i < large.data.length; i++) {
    const column = Math.floor((i % (w * f)) / f);
    const row = Math.floor(Math.floor(i / (w * f)) / f);
    large.data[i] = x.data[row * w + column]!;
  }
  return large;
}
