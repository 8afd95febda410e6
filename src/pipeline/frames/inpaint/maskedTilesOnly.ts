import type { Model, TileBatch } from '../../../model/model';

/**
 * Runs the model only on tiles with masked pixels. The others are returned unchanged, which is also what the model
 * would do.
 */
export function maskedTilesOnly(model: Model): Model {
  return {
    info: model.info,
    async run(batch, signal) {
      const { width, height, data, keys, mask } = batch;
      if (!mask) return model.run(batch, signal);
      const [tile, plane] = [data.length / keys.length, width * height];
      const masked = keys.flatMap((_, n) => (mask.subarray(n * plane, (n + 1) * plane).includes(255) ? [n] : []));
      if (masked.length === 0) return data;
      if (masked.length === keys.length) return model.run(batch, signal);
      const chosen: TileBatch = {
        width,
        height,
        data: gather(data, tile, masked),
        mask: gather(mask, plane, masked),
        keys: masked.map((n) => keys[n]!),
      };
      const output = await model.run(chosen, signal);
      const whole = new Uint8Array(data);
      masked.forEach((n, i) => whole.set(output.subarray(i * tile, (i + 1) * tile), n * tile));
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
