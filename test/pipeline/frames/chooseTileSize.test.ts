import assert from 'node:assert/strict';
import { chooseTileSize } from '../../../src/pipeline/frames/chooseTileSize';
import type { Frame } from '../../../src/pipeline/media/frame';

/** Pseudo-random numbers, equal in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('chooseTileSize', () => {
  const info = { multiple: 1, scale: 4, tile: { wholeUpTo: 640 * 360, size: 256, overlap: 32 } };
  const exact = { tileCache: 0, overlap: null };
  const SMALL = { tile: 64, overlap: 16 };
  const size = { width: 320, height: 180 };
  async function* shots(change: (data: Uint8Array, n: number) => void): AsyncGenerator<Frame> {
    for (let n = 0; n < 40; n++) {
      const data = new Uint8Array(320 * 180 * 3).fill(90);
      change(data, n);
      yield { index: n, pts: n, scene: 0, ...size, depth: 8, data };
    }
  }

  it('chooses small tiles for a mostly static video', async () => {
    assert.deepEqual(await chooseTileSize(shots((data, n) => data.fill(n, 0, 30)), info, size, exact), SMALL); // prettier-ignore
    const wide = { ...exact, overlap: 24 };
    assert.deepEqual(await chooseTileSize(shots((data, n) => data.fill(n, 0, 30)), info, size, wide), { tile: 64, overlap: 24 }); // prettier-ignore
  });

  it('chooses the default when everything moves, or nothing', async () => {
    assert.deepEqual(await chooseTileSize(shots((data, n) => data.fill(n)), info, size, exact), null); // prettier-ignore
    assert.deepEqual(await chooseTileSize(shots(() => {}), info, size, exact), null); // prettier-ignore
  });

  it('counts noise as a change, unless there is a tolerance', async () => {
    const next = random(5);
    const noise = (data: Uint8Array, n: number): void => {
      for (let i = 0; i < data.length; i++) data[i]! += 2 * next();
      data.fill(n, 0, 30);
    };
    assert.deepEqual(await chooseTileSize(shots(noise), info, size, exact), null);
    assert.deepEqual(await chooseTileSize(shots(noise), info, size, { ...exact, tileCache: 3 }), SMALL);
  });
});
