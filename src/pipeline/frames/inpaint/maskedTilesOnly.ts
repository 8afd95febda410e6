import type { Model, TileBatch } from '../../../model/model';

/** A model that is asked only for tiles with a hole in them: the others come back as they are, which is what it would give. */
export function maskedTilesOnly(model: Model): Model {
  return {
    info: model.info,
    async run(batch, signal) {
      const { width, height, data, keys, mask } = batch;
      if (!mask) return model.run(batch, signal);
      const [tile, plane] = [data.length / keys.length, width * height];
      const holed = keys.flatMap((_, n) => (mask.subarray(n * plane, (n + 1) * plane).includes(255) ? [n] : []));
      if (holed.length === 0) return data;
      if (holed.length === keys.length) return model.run(batch, signal);
      const chosen: TileBatch = {
        width,
        height,
        data: gather(data, tile, holed),
        mask: gather(mask, plane, holed),
        keys: holed.map((n) => keys[n]!),
      };
      const made = await model.run(chosen, signal);
      const whole = new Uint8Array(data);
      holed.forEach((n, i) => whole.set(made.subarray(i * tile, (i + 1) * tile), n * tile));
      return whole;
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function gather(bytes: Uint8Array, size: number, which: readonly number[]): Uint8Array {
  const gathered = new Uint8Array(size * which.length);
  which.forEach((n, i) => gathered.set(bytes.subarray(n * size, (n + 1) * size), i * size));
  return gathered;
}
