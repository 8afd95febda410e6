import { RemasterError } from '../../errors';
import type { Manifest } from '../bundle/manifest';
import type { TileBatch } from '../model';
import { isOutOfMemory } from './providers';

/**
 * Runs `batch` in parts of at most `limit` tiles of one shot, and halves a part that runs out of memory. `lower` is called with
 * each lower limit.
 */
export async function splitBatch(
  batch: TileBatch,
  limit: number,
  run: (part: TileBatch) => Promise<Uint8Array>,
  lower: (limit: number) => void = () => {},
): Promise<Uint8Array> {
  const count = batch.keys.length;
  const shotEnd = batch.keys.findIndex(({ prompt }) => prompt !== batch.keys[0]!.prompt);
  if (shotEnd > 0) {
    const parts = [slice(batch, 0, shotEnd), slice(batch, shotEnd, count)];
    return Buffer.concat([
      await splitBatch(parts[0]!, limit, run, lower),
      await splitBatch(parts[1]!, limit, run, lower),
    ]);
  }
  if (count <= limit) {
    try {
      return await run(batch);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      if (count === 1) throw tooLarge(batch, error);
      const half = Math.ceil(count / 2);
      lower(half);
      return splitBatch(batch, half, run, lower);
    }
  }
  const parts: Uint8Array[] = [];
  for (let from = 0; from < count; from += limit) {
    parts.push(await splitBatch(slice(batch, from, Math.min(count, from + limit)), limit, run, lower));
  }
  return Buffer.concat(parts);
}

function slice({ width, height, data, keys, mask }: TileBatch, from: number, to: number): TileBatch {
  const part = (bytes: Uint8Array): Uint8Array => {
    const size = bytes.byteLength / keys.length;
    return bytes.subarray(from * size, to * size);
  };
  return { width, height, data: part(data), keys: keys.slice(from, to), ...(mask && { mask: part(mask) }) };
}

function tooLarge({ width, height }: TileBatch, cause: unknown): RemasterError {
  return new RemasterError('GPU_OUT_OF_MEMORY', `a tile of ${width}×${height} pixels does not fit into memory`, {
    remedy: 'Choose smaller tiles.',
    detail: cause instanceof Error ? cause.message : String(cause),
    cause,
  });
}

/** Throws when the batch does not match the manifest, which is a bug of the caller. */
export function checkBatch(
  { width, height, data, keys, mask }: TileBatch,
  { task, multiple, tile }: Pick<Manifest, 'task' | 'multiple'> & Partial<Pick<Manifest, 'tile'>>,
  sampleBytes: number,
): void {
  if (keys.length === 0) throw new Error('batch without tiles');
  if (width % multiple !== 0 || height % multiple !== 0 || width < 1 || height < 1) {
    throw new Error(`tiles of ${width}×${height} pixels, but the model needs multiples of ${multiple}`);
  }
  if (tile?.fixed && (width !== tile.size || height !== tile.size)) {
    throw new Error(`tiles of ${width}×${height} pixels, but the model needs ${tile.size}×${tile.size}`);
  }
  const expected = keys.length * width * height * 3 * sampleBytes;
  if (data.byteLength !== expected) throw new Error(`batch of ${data.byteLength} bytes, expected ${expected}`);
  if ((mask !== undefined) !== (task === 'inpaint'))
    throw new Error(`a mask is required for inpainting models and not allowed for others`);
  const maskBytes = keys.length * width * height;
  if (mask && mask.byteLength !== maskBytes) throw new Error(`mask of ${mask.byteLength} bytes, expected ${maskBytes}`);
}
