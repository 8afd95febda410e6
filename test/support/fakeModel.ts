import type { Model, ModelInfo, TileBatch } from '../../src/model/model';

/** A model that repeats pixels: correct in size and order, and cheap, so that tests measure the pipeline. */
export function nearest(scale: number, changes: Partial<ModelInfo> & { depth?: 8 | 16; pauseMs?: number } = {}): Model {
  const { depth = 8, pauseMs = 0, ...info } = changes;
  return {
    info: {
      name: 'nearest',
      sha256: 'nearest',
      system: 'resshift',
      task: 'upscale',
      scale,
      steps: 1,
      provider: 'cpu',
      rejected: [],
      multiple: 1,
      tile: { wholeUpTo: 640 * 360, size: 256, overlap: 16 },
      plan: { start: { lq: 1, noise: 0 }, steps: [] },
      ...info,
    },
    async run({ width, height, data, keys }: TileBatch, signal) {
      signal.throwIfAborted();
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const pixel = (3 * depth) / 8;
      const made = new Uint8Array(data.length * scale * scale);
      for (let n = 0; n < keys.length; n++) {
        for (let y = 0; y < height * scale; y++) {
          for (let x = 0; x < width * scale; x++) {
            const from = ((n * height + Math.floor(y / scale)) * width + Math.floor(x / scale)) * pixel;
            made.set(data.subarray(from, from + pixel), ((n * height * scale + y) * width * scale + x) * pixel);
          }
        }
      }
      return made;
    },
    async [Symbol.asyncDispose]() {},
  };
}
