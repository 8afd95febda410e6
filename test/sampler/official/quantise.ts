import { type Floats, type Tensor, zerosLike } from '../reference/tensor';

/**
 * ResShift's decoder first maps every point of the latent `z`, [n, c, h, w], to the nearest code word,
 * [words, c] row-major; the first one on ties. The encoder does not: the start of the sampler is continuous.
 */
export function quantise<F extends Floats>(
  z: Tensor<F>,
  codebook: Floats,
): { readonly indices: Uint32Array; readonly quantised: Tensor<F> } {
  const [n, c, h, w] = z.dims;
  const plane = h * w;
  const indices = new Uint32Array(n * plane);
  const quantised = zerosLike(z);
  for (let point = 0; point < indices.length; point++) {
    const first = Math.floor(point / plane) * c * plane + (point % plane);
    const word = nearest(codebook, c, (channel) => z.data[first + channel * plane]!);
    indices[point] = word;
    for (let channel = 0; channel < c; channel++) {
      quantised.data[first + channel * plane] = codebook[word * c + channel]!;
    }
  }
  return { indices, quantised };
}

function nearest(codebook: Floats, c: number, value: (channel: number) => number): number {
  let best = 0;
  let least = Infinity;
  for (let word = 0; word * c < codebook.length; word++) {
    let distance = 0;
    for (let channel = 0; channel < c; channel++) distance += (value(channel) - codebook[word * c + channel]!) ** 2;
    if (distance < least) [best, least] = [word, distance];
  }
  return best;
}
