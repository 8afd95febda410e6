import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CompositorThread, openCompositor } from '../../../../src/pipeline/frames/compositor/openCompositor';
import { tileLayout } from '../../../../src/pipeline/frames/tileLayout';
import { withFolder } from '../../../support/tinyBundle';

const INFO = { multiple: 1, scale: 1, tile: { wholeUpTo: 0, size: 4, overlap: 0 } };

describe('openCompositor', () => {
  const layout = tileLayout(INFO, 8, 4, 4);
  const composition = { layout, depth: 8, areTilesKept: true, isRecycled: true, adain: null } as const;
  const tile = (level: number): Uint8Array => new Uint8Array(4 * 4 * 3).fill(level);
  /** A frame whose two tiles have these levels; null: the tile is not new. */
  const compose = async (compositor: CompositorThread, levels: readonly (number | null)[]) => {
    const batch = compositor.batch();
    for (const [place, level] of levels.entries())
      if (level !== null) batch.add({ place, frames: [0], data: tile(level) });
    return (await batch.compose(1, []))[0]!;
  };
  const levelsOf = (data: Uint8Array) => [data[0], data[12]];

  it('makes frames in a thread, in memory that was given back', async () => {
    const compositor = openCompositor(composition);
    const first = await compose(compositor, [1, 2]);
    assert.deepEqual(levelsOf(first), [1, 2]);
    const second = await compose(compositor, [null, 3]);
    assert.deepEqual([...levelsOf(first), ...levelsOf(second)], [1, 2, 1, 3]); // both are in use
    compositor.recycle(first);
    compositor.recycle(first); // the second time has no effect
    const third = await compose(compositor, [4, null]);
    assert.deepEqual([...levelsOf(first), ...levelsOf(second), ...levelsOf(third)], [4, 3, 1, 3, 4, 3]);
    assert.deepEqual(levelsOf(await compose(compositor, [null, null])), [4, 3]);
    assert.deepEqual(levelsOf(third), [4, 3]);
    compositor.close();
  });

  it('makes frames of their own for who does not give them back', async () => {
    const compositor = openCompositor({ ...composition, isRecycled: false });
    const first = await compose(compositor, [1, 2]);
    assert.ok(first.buffer instanceof ArrayBuffer);
    compositor.recycle(first);
    const second = await compose(compositor, [null, 3]);
    assert.deepEqual([...levelsOf(first), ...levelsOf(second)], [1, 2, 1, 3]);
    compositor.close();
  });

  it('takes parts of several batches in any order, and a tile in a larger buffer', async () => {
    const compositor = openCompositor(composition);
    const large = new Uint8Array(100).fill(5);
    const [one, two] = [compositor.batch(), compositor.batch()];
    two.add({ place: 0, frames: [0], data: large.subarray(10, 58) });
    one.add({ place: 1, frames: [0], data: tile(8) });
    one.add({ place: 0, frames: [0], data: tile(7) });
    const made = await Promise.all([one.compose(1, []), two.compose(1, [])]);
    assert.deepEqual(made.map(([data]) => levelsOf(data!)), [[7, 8], [5, 8]]); // prettier-ignore
    assert.equal(large.length, 100);
    compositor.close();
  });

  it('fails all calls when it is closed or crashes', () =>
    withFolder(async (folder) => {
      const script = join(folder, 'thread.js');
      await writeFile(
        script,
        `require('node:worker_threads').parentPort.on('message', () => { throw new Error('boom'); })`,
      );
      const crashing = openCompositor(composition, script);
      const calls = [1, 2].map((level) => compose(crashing, [level, level]));
      for (const call of calls) await assert.rejects(call, { code: 'ENGINE_CRASHED', detail: /boom/ });
      await assert.rejects(compose(crashing, [1, 1]), { code: 'ENGINE_CRASHED' });
      const closed = openCompositor(composition);
      const call = compose(closed, [1, 1]);
      closed.close();
      await assert.rejects(call, { code: 'ENGINE_CRASHED' });
    }));
});
