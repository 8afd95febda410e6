import assert from 'node:assert/strict';
import { frameSplitter, splitFrames } from '../../../src/pipeline/media/splitFrames';

const bytes = Uint8Array.from({ length: 20 }, (_, i) => i);

/** The bytes in chunks of these lengths, then the rest. */
function chunks(lengths: readonly number[]): Buffer[] {
  const made: Buffer[] = [];
  let from = 0;
  for (const length of lengths) made.push(Buffer.from(bytes.subarray(from, (from += length))));
  return [...made, Buffer.from(bytes.subarray(from))];
}

const FRAMES = [0, 6, 12].map((from) => [...bytes.subarray(from, from + 6)]); // two bytes are left over

describe('splitFrames', () => {
  for (const lengths of [[], [6, 6, 6], [1, 1, 1, 1, 1, 1, 1], [5, 2, 5], [12], [0, 7, 0, 0]]) {
    it(`splits chunks of ${lengths.join(', ') || 'everything'} bytes and drops an incomplete frame`, async () => {
      async function* stream(): AsyncGenerator<Uint8Array> {
        yield* chunks(lengths);
      }
      const frames: number[][] = [];
      for await (const frame of splitFrames(stream(), 6)) frames.push([...frame]);
      assert.deepEqual(frames, FRAMES);
      const passed: Uint8Array[] = [];
      const push = frameSplitter(6, (data) => passed.push(data));
      for (const chunk of chunks(lengths)) push(chunk);
      assert.deepEqual(
        passed.map((frame) => [...frame]),
        FRAMES,
      );
    });
  }
});
