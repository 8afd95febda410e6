import assert from 'node:assert/strict';
import { RemasterError } from '../../../src/errors';
import { checkBatch, splitBatch } from '../../../src/model/inference/splitBatch';
import type { TileBatch } from '../../../src/model/model';

/** Tiles of 1 × 1 whose bytes are their index. */
const batch = (count: number): TileBatch => ({
  width: 1,
  height: 1,
  data: Uint8Array.from({ length: 3 * count }, (_, i) => Math.floor(i / 3)),
  keys: Array.from({ length: count }, (_, i) => ({ x: i, y: 0, scene: 0, frame: 0 })),
});

/** Runs up to `room` tiles at a time, otherwise throws like onnxruntime; records the number of tiles. */
function machine(room: number, text = 'Failed to allocate memory for requested buffer of size 123') {
  const given: number[] = [];
  const run = ({ data, keys }: TileBatch): Promise<Uint8Array> => {
    given.push(keys.length);
    assert.equal(keys[0]!.x, data[0]);
    return keys.length > room ? Promise.reject(new Error(text)) : Promise.resolve(data);
  };
  return { given, run };
}

describe('splitBatch', () => {
  it('runs a batch as a whole when it fits', async () => {
    const { given, run } = machine(8);
    assert.deepEqual(await splitBatch(batch(5), 8, run), batch(5).data);
    assert.deepEqual(given, [5]);
  });

  it('halves a batch until it fits into memory and keeps the order', async () => {
    for (const count of [2, 3, 5, 7, 8]) {
      const { run } = machine(1);
      assert.deepEqual(new Uint8Array(await splitBatch(batch(count), count, run)), batch(count).data);
    }
  });

  it('tells the limits that it has found, so that the next batch need not run out of memory', async () => {
    const { run } = machine(2);
    const limits: number[] = [];
    await splitBatch(batch(16), 16, run, (limit) => limits.push(limit));
    assert.deepEqual(limits.slice(0, 3), [8, 4, 2]);
    assert.equal(Math.min(...limits), 2);
  });

  it('splits a batch at shots, because a run has one prompt', async () => {
    const { given, run } = machine(8);
    const [a, b] = [{}, {}];
    const prompts = [a, a, b, b, b, a];
    const whole = batch(6);
    const mixed = { ...whole, keys: whole.keys.map((key, i) => ({ ...key, prompt: prompts[i]! })) };
    assert.deepEqual(new Uint8Array(await splitBatch(mixed, 2, run)), whole.data);
    assert.deepEqual(given, [2, 2, 1, 1]);
  });

  it('splits a batch at the limit of the graph', async () => {
    const { given, run } = machine(2);
    assert.deepEqual(new Uint8Array(await splitBatch(batch(5), 2, run)), batch(5).data);
    assert.deepEqual(given, [2, 2, 1]);
  });

  it('recommends smaller tiles when one tile does not fit', async () => {
    for (const text of ['std::bad_alloc', 'CUDA failure 2: out of memory', 'Array buffer allocation failed']) {
      await assert.rejects(splitBatch(batch(2), 2, machine(0, text).run), (error: unknown) => {
        assert.ok(error instanceof RemasterError && error.code === 'GPU_OUT_OF_MEMORY');
        assert.match(error.message, /a tile of 1×1 pixels does not fit into memory/);
        return error.remedy === 'Choose smaller tiles.' && error.detail === text;
      });
    }
  });

  it('does not split a batch for other errors', async () => {
    const { given, run } = machine(0, 'Invalid rank for input');
    await assert.rejects(splitBatch(batch(4), 4, run), /Invalid rank/);
    assert.deepEqual(given, [4]);
  });

  it('rejects a batch of the wrong size', () => {
    assert.throws(() => checkBatch(batch(0), { task: 'upscale', multiple: 1 }, 1), /without tiles/);
    assert.throws(() => checkBatch(batch(2), { task: 'upscale', multiple: 2 }, 1), /multiples of 2/);
    assert.throws(() => checkBatch(batch(2), { task: 'upscale', multiple: 1 }, 2), /6 bytes, expected 12/);
  });
});
