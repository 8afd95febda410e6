import type { InferenceSession } from 'onnxruntime-node';
import type { Compiled } from '../compiler/compile';
import type { TileBatch } from '../model';
import type { NoiseInputsFor } from './noiseInputs';
import type { Runtime } from './runtime';
import { promptOf } from './shotPrompt';

/** Runs a compiled graph once. Returns the tiles of `batch`, `scale` times larger, each with its reference if it has one. */
export async function runTiles(
  runtime: Runtime,
  session: InferenceSession,
  compiled: Compiled,
  batch: TileBatch,
  noiseFor: NoiseInputsFor,
): Promise<Uint8Array> {
  const { manifest, depth, ports } = compiled;
  const results = await session.run(feeds(runtime, compiled, batch, noiseFor), [ports.result]);
  const { data } = results[ports.result]!;
  if (!ArrayBuffer.isView(data)) throw new Error('the graph returned no samples');
  const bits = ports.referenceRange === null ? depth : 2 * 16;
  const expected = (batch.keys.length * batch.width * batch.height * manifest.scale ** 2 * 3 * bits) / 8;
  if (data.byteLength !== expected) throw new Error(`the graph returned ${data.byteLength} bytes, not ${expected}`);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function feeds(
  { Tensor }: Runtime,
  { manifest, depth, ports }: Compiled,
  { width, height, data, keys, mask }: TileBatch,
  noiseFor: NoiseInputsFor,
): InferenceSession.FeedsType {
  const dims = [keys.length, height, width, 3];
  const frames = depth === 8 ? new Tensor('uint8', data, dims) : new Tensor('uint16', words(data), dims);
  const noise = noiseFor(keys, width, height);
  const shape = [noise.batch, manifest.grid.channels, noise.height, noise.width];
  const fields = ports.noise.map(({ input }, i) => [input, new Tensor('float32', noise.data[i]!, shape)] as const);
  const maskFeed = mask && { mask: new Tensor('uint8', mask, [keys.length, 1, height, width]) };
  const prompts = ports.prompts.map(({ role, input }) => {
    const value = promptOf(keys, role);
    return [input, new Tensor('float32', value.data, value.dims)] as const;
  });
  return { [ports.frames]: frames, ...maskFeed, ...Object.fromEntries([...fields, ...prompts]) };
}

/** Samples in the machine's byte order, little-endian wherever onnxruntime-node runs. A view, or a copy at an odd byte offset. */
function words(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}
